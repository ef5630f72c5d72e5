namespace Dalle2.Models.Diffusion;

/// <summary>
/// DDIM (Song, Meng and Ermon, 2021, arXiv 2010.02502): <c>x' = alpha' clean + sqrt(sigma'^2 - d^2) eps + d noise</c>, eps as it follows from x and the clean
/// sample, <c>d = eta sigma' / sigma sqrt(1 - alpha^2 / alpha'^2)</c>.
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

    private protected override (double A, double B, double C, double D) Combination(int step, double from, double to)
    {
        double alpha = Schedule.Alpha(from), sigma = Schedule.Sigma(from), nextAlpha = Schedule.Alpha(to), nextSigma = Schedule.Sigma(to);
        double ratio = alpha / nextAlpha, drawn = eta * nextSigma / sigma * Math.Sqrt(Math.Max(0, 1 - ratio * ratio));
        double kept = Math.Sqrt(Math.Max(0, nextSigma * nextSigma - drawn * drawn)) / sigma;
        return (kept, nextAlpha - kept * alpha, 0, drawn);
    }
}
