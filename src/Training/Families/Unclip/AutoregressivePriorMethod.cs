using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>The autoregressive prior, on the codes of all embeddings, computed once.</summary>
sealed class AutoregressivePriorMethod(UnclipModel model, float dropped) : PriorMethod
{
    readonly AutoregressivePrior prior = new(model);
    readonly TokenBatch before = new(padding: false);
    int[] codes = [];
    int count;
    int[] rows = [];
    int[] first = [];
    Tensor? text;
    TokenBatch? read;
    IntTensor? targets;

    public override bool Prepare(Gpu.Runtime.Stream stream, ClipEmbeddings embeddings)
    {
        var (learnt, isNew) = prior.Learn(stream, embeddings.Images, embeddings.Texts);
        count = learnt.Count;
        int length = model.Sizes.Embedding;
        codes = new int[embeddings.Images.Length / length * count];
        for (int sample = 0; sample < codes.Length / count; sample++)
        {
            learnt.Encode(embeddings.Images.Slice(sample * length, length), embeddings.Texts.Slice(sample * length, length),
                codes.AsSpan(sample * count, count));
        }

        return isNew;
    }

    public override void Upload(Context context, Batch batch, ReadOnlySpan<float> images, Span<float> texts)
    {
        int length = model.Sizes.Embedding, others = count - 1;
        if (rows.Length != batch.Size * count)
            (rows, first) = (new int[batch.Size * count], new int[batch.Size * others]);
        RandomKey key = RandomKey.Named(context.Seed, context.Step, "prior.dropped");
        for (int b = 0; b < batch.Size; b++)
        {
            ReadOnlySpan<int> row = codes.AsSpan(batch.Indices[b] * count, count);
            row.CopyTo(rows.AsSpan(b * count));
            row[..others].CopyTo(first.AsSpan(b * others));
            if (Philox.Uniform(Philox.Block(key, (uint)b).W0) < dropped)
                texts.Slice(b * length, length).Clear();
        }

        text = context.Upload(texts, batch.Size, length);
        before.Set(first);
        read = before.Upload(context, batch.Size, others);
        targets = context.Upload(rows, batch.Size, count);
    }

    public override Tensor Run(Context context) => prior.Run(context, text!, read, targets!);

    public override float[] Draw(
        Context context, Batch captions, ReadOnlySpan<float> texts, ulong seed, int firstNumber, string name, SamplerSettings settings)
    {
        RefuseOther(settings, Steps, "a diffusion");
        int each = prior.NumbersOf(context.Stream);
        float[] uniforms = new float[captions.Size * each];
        for (int b = 0; b < captions.Size; b++)
        {
            RandomKey key = RandomKey.Named(seed, (ulong)(firstNumber + b), name);
            for (int i = 0; i < each; i++)
                uniforms[b * each + i] = Philox.Uniform(Philox.Block(key, (uint)i).W0);
        }

        return prior.Draw(context, context.Upload(texts, captions.Size, model.Sizes.Embedding), uniforms,
            settings.Number(Temperature.Name), settings.Number(Guidance.Name));
    }

    public override void Abandon() => prior.Abandon();
}
