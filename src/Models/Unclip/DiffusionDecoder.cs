using Dalle2.Models.Diffusion;

namespace Dalle2.Models.Unclip;

/// <summary>
/// The diffusion decoder P(picture given image embedding): trained to predict <c>v = alpha eps - sigma x</c> (Salimans and Ho, 2022, arXiv 2202.00512) with min-SNR weights, and drawn from with
/// classifier-free guidance. Pictures are in [-1, 1] inside.
/// </summary>
public sealed class DiffusionDecoder
{
    readonly UNet network;
    readonly WeightedSquaredError loss = new();

    /// <summary>Over a model's parts.</summary>
    public DiffusionDecoder(UnclipModel model) => network = model.Decoder;

    /// <summary>How noise grows with time.</summary>
    public NoiseSchedule Schedule { get; } = NoiseSchedule.Cosine();

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="pictures">Pictures in [-1, 1], <c>[B, side, side, 3]</c>.</param>
    /// <param name="embedding">Their scaled embeddings, <c>[B, embedding]</c>; zeros where the condition is dropped.</param>
    /// <param name="levels">Of each sample its time, alpha, sigma and weight, <c>[4, B]</c>.</param>
    /// <returns>The loss, one element, on the device.</returns>
    public Tensor Run(Context context, Tensor pictures, Tensor embedding, Tensor levels)
    {
        Tensor noisy = context.Allocate(pictures.Shape), noise = context.Allocate(pictures.Shape),
            targets = context.Allocate(pictures.Shape);
        DiffusionOp.AddNoise(context.Stream, pictures, levels.At(1), levels.At(2), context.Key("decoder.noise"), DiffusionTarget.Velocity,
            noisy, noise, targets);
        context.Release(noise);
        Tensor result = loss.Forward(context, network.Forward(context, noisy, embedding, levels.At(0)), targets, levels.At(3));
        if (context.Training)
            network.Backward(context, loss.Backward(context));
        return result;
    }

    /// <summary>Each sample's mean squared error of the last <see cref="Run"/>, without its weight, <c>[B]</c>, on the device.</summary>
    public Tensor SampleLosses => loss.SampleLosses;

    /// <summary>Draws pictures, in [0, 1] or a little out of it.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="noise">What they start from, <c>[B, side, side, 3]</c>.</param>
    /// <param name="embedding">Scaled image embeddings, <c>[B, embedding]</c>.</param>
    /// <param name="sampler">Takes the noise away; made for <see cref="Schedule"/> and v.</param>
    /// <param name="guidance">How far from the prediction without the embedding: 0 without it, 1 with it, more to overdo it.</param>
    public Tensor Draw(Context context, Tensor noise, Tensor embedding, DiffusionSampler sampler, float guidance)
    {
        int count = noise.Shape[0];
        Tensor pictures = context.Allocate(noise.Shape), conditions = embedding;
        context.Stream.Copy(noise.View, pictures.View);
        Tensor? previous = sampler.NeedsPrevious ? context.Allocate(noise.Shape) : null;
        bool isGuided = guidance != 1f;
        if (isGuided)
        {
            conditions = context.Zeros(2 * count, embedding.Cols);
            context.Stream.Copy(embedding.View, conditions.Slice(0, count).View);
        }

        float[] times = new float[conditions.Shape[0]];
        for (int step = 0; step < sampler.Steps; step++)
        {
            long mark = context.Arena.Mark();
            Array.Fill(times, (float)sampler.TimeOf(step));
            Tensor given = pictures;
            if (isGuided)
            {
                given = context.Allocate(pictures.Shape.With(0, 2 * count));
                context.Stream.Copy(pictures.View, given.Slice(0, count).View);
                context.Stream.Copy(pictures.View, given.Slice(count, count).View);
            }

            Tensor prediction = network.Forward(context, given, conditions, context.Upload(times, times.Length));
            if (isGuided)
            {
                Tensor both = prediction;
                prediction = context.Allocate(pictures.Shape);
                ClassifierFreeGuidanceOp.Combine(context.Stream, both, prediction, guidance);
            }

            sampler.Step(context, step, pictures, prediction, previous);
            context.Arena.ReleaseSince(mark);
        }

        return PixelRange.ToUnit(context, pictures);
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        network.Abandon();
        loss.Abandon();
    }
}
