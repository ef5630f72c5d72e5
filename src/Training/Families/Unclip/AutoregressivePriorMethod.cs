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
    readonly TokenBatch before = new();
    int[] codes = [];
    int count;
    int[] rows = [];
    int[] shifted = [];
    Tensor? text;
    IntTensor? targets;

    public override bool Prepare(ClipEmbeddings embeddings)
    {
        var (learnt, isNew) = prior.Learn(embeddings.Images);
        count = learnt.Count;
        int length = model.Sizes.Embedding;
        codes = new int[embeddings.Images.Length / length * count];
        for (int sample = 0; sample < codes.Length / count; sample++)
            learnt.Encode(embeddings.Images.Slice(sample * length, length), codes.AsSpan(sample * count, count));

        return isNew;
    }

    public override void Upload(Context context, Batch batch, ReadOnlySpan<float> images, Span<float> texts)
    {
        int length = model.Sizes.Embedding;
        if (rows.Length != batch.Size * count)
            (rows, shifted) = (new int[batch.Size * count], new int[batch.Size * count]);
        RandomKey key = RandomKey.Named(context.Seed, context.Step, "prior.dropped");
        for (int b = 0; b < batch.Size; b++)
        {
            codes.AsSpan(batch.Indices[b] * count, count).CopyTo(rows.AsSpan(b * count));
            if (Philox.Uniform(Philox.Block(key, (uint)b).W0) < dropped)
                texts.Slice(b * length, length).Clear();
        }

        text = context.Upload(texts, batch.Size, length);
        AutoregressivePrior.Shift(rows, count, shifted, count);
        before.Set(shifted);
        before.Upload(context, batch.Size, count);
        targets = context.Upload(rows, batch.Size, count);
    }

    public override Tensor Run(Context context) => prior.Run(context, text!, before, targets!);

    public override float[] Draw(
        Context context, Batch captions, ReadOnlySpan<float> texts, ulong seed, int firstNumber, string name, SamplerSettings settings)
    {
        RefuseOther(settings, Steps, "a diffusion");
        int each = prior.NumbersOfDrawing;
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
