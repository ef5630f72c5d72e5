using Dalle2.Models.Diffusion;

namespace Dalle2.Models.Unclip;

/// <summary>
/// A diffusion upsampler P(picture given one of half the side): a local U-Net that sees the small picture, resized bilinearly, beside the noisy one, and predicts <c>v = alpha eps - sigma x</c>. As
/// in unCLIP (arXiv 2204.06125, 2.3) it is trained on crops, knows neither caption nor embedding, and is given small pictures that are blurred and noisy, so that it forgives what the decoder draws.
/// </summary>
public sealed class Upsampler
{
    /// <summary>By how much a side grows.</summary>
    public const int Factor = 2;

    /// <summary>The largest deviation of the blur of a small picture, in its pixels.</summary>
    public const float LargestBlur = .6f;

    readonly UNet network;
    readonly WeightedSquaredError loss = new();
    readonly GaussianBlur blur = new(LargestBlur);

    /// <summary>Over a model's parts.</summary>
    /// <param name="network">One of <see cref="UnclipModel.Upsamplers"/>.</param>
    public Upsampler(UNet network) => this.network = network;

    /// <summary>How noise grows with time.</summary>
    public NoiseSchedule Schedule { get; } = NoiseSchedule.Cosine();

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="pictures">Pictures, or crops of them, in [-1, 1], <c>[B, side, side, 3]</c>.</param>
    /// <param name="augmentation">Of each sample 1, the deviation of its small picture's noise, and of its blur in pixels, <c>[3, B]</c>.</param>
    /// <param name="levels">Of each sample its time, alpha, sigma and weight, <c>[4, B]</c>.</param>
    /// <returns>The loss, one element, on the device.</returns>
    public Tensor Run(Context context, Tensor pictures, Tensor augmentation, Tensor levels)
    {
        Tensor small = blur.Forward(context, UnclipModel.Reduce(context, pictures, Factor), augmentation.At(2));
        small = AddNoise(context, "upsampler.small", small, augmentation.At(0), augmentation.At(1), DiffusionTarget.Clean).Noisy;
        var (noisy, targets) =
            AddNoise(context, "upsampler.noise", pictures, levels.At(1), levels.At(2), DiffusionTarget.Velocity);
        Tensor result = loss.Forward(context, Predict(context, noisy, Resize(context, small), levels.At(0)), targets, levels.At(3));
        if (context.Training)
            network.Backward(context, loss.Backward(context));
        return result;
    }

    /// <summary>Draws pictures of twice the side.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="noise">What they start from, <c>[B, 2 side, 2 side, 3]</c>; becomes the pictures, in [-1, 1].</param>
    /// <param name="small">The small pictures, <c>[B, side, side, 3]</c> in [-1, 1].</param>
    /// <param name="sampler">Takes the noise away; made for <see cref="Schedule"/> and v.</param>
    public void Draw(Context context, Tensor noise, Tensor small, DiffusionSampler sampler)
    {
        Tensor resized = Resize(context, small);
        Tensor? previous = sampler.NeedsPrevious ? context.Allocate(noise.Shape) : null;
        float[] times = new float[noise.Shape[0]];
        for (int step = 0; step < sampler.Steps; step++)
        {
            long mark = context.Arena.Mark();
            Array.Fill(times, (float)sampler.TimeOf(step));
            sampler.Step(context, step, noise, Predict(context, noise, resized, context.Upload(times, times.Length)), previous);
            context.Arena.ReleaseSince(mark);
        }
    }

    /// <summary>Pictures of twice the side, without a network: the baseline of an upsampler.</summary>
    /// <param name="context">The step.</param>
    /// <param name="small">The pictures, <c>[B, side, side, C]</c>.</param>
    public static Tensor Resize(Context context, Tensor small)
    {
        Tensor resized = context.Allocate(small.Shape.With(1, Factor * small.Shape[1]).With(2, Factor * small.Shape[2]));
        BilinearResizeOp.Forward(context.Stream, small, resized);
        return resized;
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        network.Abandon();
        loss.Abandon();
    }

    Tensor Predict(Context context, Tensor noisy, Tensor resized, Tensor times)
    {
        Tensor both = context.Allocate(noisy.Shape.With(3, noisy.Cols + resized.Cols));
        ConcatenateOp.Join(context.Stream, [noisy, resized], both);
        return network.Forward(context, both, null, times);
    }

    static (Tensor Noisy, Tensor Targets) AddNoise(
        Context context, string name, Tensor x, Tensor alpha, Tensor sigma, DiffusionTarget target)
    {
        Tensor noisy = context.Allocate(x.Shape), noise = context.Allocate(x.Shape), targets = context.Allocate(x.Shape);
        DiffusionOp.AddNoise(context.Stream, x, alpha, sigma, context.Key(name), target, noisy, noise, targets);
        context.Release(noise);
        return (noisy, targets);
    }
}
