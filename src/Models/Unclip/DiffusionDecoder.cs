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
    /// <param name="numbers">The pictures' numbers, which decide the noise that is drawn on the way.</param>
    /// <param name="known">
    /// What stays as it is, where not all is drawn: before each step it is put in its place with as much noise as the sample then has (RePaint: Lugmayr et al., 2022, arXiv 2201.09865).
    /// </param>
    /// <param name="shown">Is told after each step its number, from 0, and the clean pictures as they were predicted in it, <c>[B, side, side, 3]</c> in [0, 1] or a little out of it; null for nobody.</param>
    public Tensor Draw(
        Context context, Tensor noise, Tensor embedding, DiffusionSampler sampler, float guidance, SampleKey numbers,
        KnownPictures? known = null, Action<int, float[]>? shown = null)
    {
        Tensor pictures = Copy(context, noise);
        Tensor? previous = sampler.NeedsPrevious ? context.Allocate(noise.Shape) : null;
        Tensor conditions = Conditions(context, embedding, guidance);
        for (int step = 0; step < sampler.Steps; step++)
        {
            double from = sampler.TimeOf(step), to = sampler.TimeOf(step + 1);
            int rounds = known != null && step < sampler.Steps - 1 ? known.Resamplings : 1;
            for (int round = 0; round < rounds; round++)
            {
                long mark = context.Arena.Mark();
                if (round > 0)
                    sampler.AddNoise(context, step, pictures, to, from, numbers.Named($"again{round}"));
                Tensor prediction = Predict(context, pictures, conditions, from, guidance);
                float[]? clean = shown == null ? null : Clean(context, sampler, step, pictures, prediction);
                sampler.Step(context, step, pictures, prediction, previous, numbers.Named($"sampler{round}"));
                if (known != null)
                {
                    Tensor kept = Copy(context, known.Pictures);
                    sampler.AddNoise(context, step, kept, 0, to, numbers.Named($"known{round}"));
                    MaskedCopyOp.CopyUnmasked(context.Stream, kept, known.Mask, pictures);
                }

                context.Arena.ReleaseSince(mark);
                if (clean != null)
                    shown!(step, clean);
            }
        }

        return PixelRange.ToUnit(context, pictures);
    }

    /// <summary>The noise from which pictures are drawn again: DDIM inversion.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="pictures">In [-1, 1], <c>[B, side, side, 3]</c>.</param>
    /// <param name="embedding">Scaled image embeddings, <c>[B, embedding]</c>.</param>
    /// <param name="sampler">What draws again, with eta 0 and two steps or more.</param>
    /// <param name="guidance">As for <see cref="Draw"/>.</param>
    public Tensor Invert(Context context, Tensor pictures, Tensor embedding, DdimSampler sampler, float guidance)
    {
        Tensor noise = Copy(context, pictures), conditions = Conditions(context, embedding, guidance);
        for (int step = sampler.Steps - 1; step >= 0; step--)
        {
            long mark = context.Arena.Mark();
            Tensor behind = Copy(context, noise);
            // One round: more give the picture back more closely, and leave less of the noise to be changed by another embedding.
            sampler.Invert(
                context, step, noise, Predict(context, noise, conditions, sampler.TimeOf(step), guidance), behind);
            context.Arena.ReleaseSince(mark);
        }

        return noise;
    }

    // With guidance, samples are predicted with their condition and without.
    static Tensor Conditions(Context context, Tensor embedding, float guidance)
    {
        if (!IsGuided(guidance))
            return embedding;
        Tensor conditions = context.Zeros(2 * embedding.Rows, embedding.Cols);
        context.Stream.Copy(embedding.View, conditions.Slice(0, embedding.Rows).View);
        return conditions;
    }

    Tensor Predict(Context context, Tensor pictures, Tensor conditions, double time, float guidance)
    {
        int count = pictures.Shape[0];
        float[] times = new float[conditions.Rows];
        Array.Fill(times, (float)time);
        Tensor given = pictures;
        if (IsGuided(guidance))
        {
            given = context.Allocate(pictures.Shape.With(0, 2 * count));
            context.Stream.Copy(pictures.View, given.Slice(0, count).View);
            context.Stream.Copy(pictures.View, given.Slice(count, count).View);
        }

        Tensor prediction = network.Forward(context, given, conditions, context.Upload(times, times.Length));
        if (!IsGuided(guidance))
            return prediction;
        Tensor guided = context.Allocate(pictures.Shape);
        ClassifierFreeGuidanceOp.Combine(context.Stream, prediction, guided, guidance);
        return guided;
    }

    // On the host: who watches waits for pictures anyway.
    static float[] Clean(Context context, DiffusionSampler sampler, int step, Tensor pictures, Tensor prediction)
    {
        float[] clean = pictures.ToArray(context.Stream), predicted = prediction.ToArray(context.Stream);
        SamplerCoefficients coefficients = sampler.Coefficients(step);
        for (int i = 0; i < clean.Length; i++)
            clean[i] = (float)((coefficients.OnX * clean[i] + coefficients.OnPrediction * predicted[i] + 1) / 2);
        return clean;
    }

    static bool IsGuided(float guidance) => guidance != 1f;

    static Tensor Copy(Context context, Tensor tensor)
    {
        Tensor copy = context.Allocate(tensor.Shape);
        context.Stream.Copy(tensor.View, copy.View);
        return copy;
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        network.Abandon();
        loss.Abandon();
    }
}
