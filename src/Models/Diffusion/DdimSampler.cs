namespace Dalle2.Models.Diffusion;

/// <summary>
/// DDIM (Song, Meng and Ermon, 2021, arXiv 2010.02502): <c>x' = alpha' clean + sqrt(sigma'^2 - d^2) eps + d noise</c>, eps as it follows from x and the clean
/// sample, <c>d = eta sigma' / sigma sqrt(1 - alpha^2 / alpha'^2)</c>. With eta 0 a step can be inverted, so that the noise is found from which a given sample is drawn.
/// </summary>
public class DdimSampler : DiffusionSampler
{
    readonly double eta;

    /// <summary>A sampler.</summary>
    /// <param name="schedule">That the model was trained with.</param>
    /// <param name="steps">How many.</param>
    /// <param name="predicted">What the model predicts.</param>
    /// <param name="eta">How much noise is drawn anew: 0 for none, so that the sample follows from the first noise alone, 1 for as much as DDPM does.</param>
    /// <param name="clamps">Whether the clean samples are clamped to [-1, 1].</param>
    /// <param name="start">The time of the first noise.</param>
    /// <param name="end">The time of the sample.</param>
    /// <exception cref="ArgumentException">Eta is outside of [0, 1], there is no step, or the times do not fall within [0, 1].</exception>
    public DdimSampler(
        NoiseSchedule schedule, int steps, DiffusionTarget predicted, double eta = 0, bool clamps = false, double start = 1, double end = 0)
        : base(schedule, steps, predicted, clamps, start, end)
    {
        if (!(eta is >= 0 and <= 1))
            throw new ArgumentException($"eta lies in [0, 1]; it is {eta}");
        this.eta = eta;
    }

    /// <inheritdoc/>
    public override bool NeedsNoise => eta > 0;

    /// <summary>
    /// What a round of <see cref="Invert"/> multiplies by. A step of DDIM turns the sample: with <c>alpha = cos a, sigma = sin a</c> and v as predicted at x,
    /// <c>x' = cos(a - a') x - sin(a - a') v(x)</c>; so x is where <c>x = (x' + sin(a - a') v(x)) / cos(a - a')</c>, <c>v = (alpha x - clean) / sigma</c>.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    /// <exception cref="InvalidOperationException">Steps draw noise anew, or there is but one.</exception>
    public SamplerCoefficients Inversion(int step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
        if (NeedsNoise || Steps == 1)
            throw new InvalidOperationException("what noise a sample comes from is found with eta 0, in two steps or more");
        double from = TimeOf(step), to = TimeOf(step + 1), alpha = Schedule.Alpha(from), sigma = Schedule.Sigma(from);
        double cosine = alpha * Schedule.Alpha(to) + sigma * Schedule.Sigma(to);
        double tangent = (sigma * Schedule.Alpha(to) - alpha * Schedule.Sigma(to)) / cosine;
        return Coefficients(step, (tangent * alpha / sigma, -tangent / sigma, 1 / cosine, 0));
    }

    /// <summary>
    /// A round of inverting a step: from a guess of the sample before it, and what the model predicts of the guess at <see cref="DiffusionSampler.TimeOf"/>(step), a better one. The sample
    /// behind the step is a first guess, from which one round is DDIM inversion as it is usual (Dhariwal and Nichol, 2021, arXiv 2105.05233); more rounds come to that sample
    /// that the step takes to the given one (Pan et al., 2023, arXiv 2309.04907), if steps are small.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <param name="step">The step.</param>
    /// <param name="guess">Of the samples before the step; changed.</param>
    /// <param name="prediction">Of the model, of the guess's shape.</param>
    /// <param name="behind">The samples behind the step; not kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    /// <exception cref="InvalidOperationException">Steps draw noise anew, or there is but one.</exception>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public void Invert(Context context, int step, Tensor guess, Tensor prediction, Tensor behind) =>
        SamplerStepOp.Update(context.Stream, guess, prediction, behind, Upload(context, Inversion(step)));

    private protected override (double A, double B, double C, double D) Combination(int step, double from, double to)
    {
        double alpha = Schedule.Alpha(from), sigma = Schedule.Sigma(from), nextAlpha = Schedule.Alpha(to), nextSigma = Schedule.Sigma(to);
        double ratio = alpha / nextAlpha, drawn = eta * nextSigma / sigma * Math.Sqrt(Math.Max(0, 1 - ratio * ratio));
        double kept = Math.Sqrt(Math.Max(0, nextSigma * nextSigma - drawn * drawn)) / sigma;
        return (kept, nextAlpha - kept * alpha, 0, drawn);
    }
}
