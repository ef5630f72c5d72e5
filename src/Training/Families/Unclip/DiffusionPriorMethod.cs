using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>A prior that is a diffusion, of either network.</summary>
sealed class DiffusionPriorMethod(UnclipModel model, float dropped) : PriorMethod
{
    readonly DiffusionPrior prior = new(model);
    readonly PriorConditions conditions = new(model);
    NoiseLevels? noise;
    Tensor? image;
    Tensor? levels;

    public override void Upload(Context context, Batch batch, ReadOnlySpan<float> images, Span<float> texts)
    {
        noise ??= new NoiseLevels(prior.Schedule, DiffusionTarget.Clean, gamma: 0, dropped);
        levels = noise.Upload(context, "prior.levels", texts, batch.Size);
        image = context.Upload(images, batch.Size, model.Sizes.Embedding);
        conditions.Upload(context, batch, texts);
    }

    public override Tensor Run(Context context) => prior.Run(context, image!, conditions.Encode(context), levels!);

    public override float[] Draw(
        Context context, Batch captions, ReadOnlySpan<float> texts, ulong seed, int firstNumber, string name, SamplerSettings settings)
    {
        RefuseOther(settings, Temperature, "autoregressive");
        int length = model.Sizes.Embedding;
        Tensor drawn = context.Upload(
            LatentNoise.Draw(seed, firstNumber, captions.Size, length, 1f, name), captions.Size, length);
        conditions.Upload(context, captions, texts);
        prior.Draw(context, drawn, conditions.Encode(context), (int)settings.Number(Steps.Name), settings.Number(Guidance.Name));
        return drawn.ToArray(context.Stream);
    }

    public override void Abandon() => prior.Abandon();
}
