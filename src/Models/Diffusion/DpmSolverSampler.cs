namespace Dalle2.Models.Diffusion;

/// <summary>
/// DPM-Solver++(2M) (Lu et al., 2022, arXiv 2211.01095), a multistep solver of second order of the probability flow:
/// <c>x' = sigma' / sigma x - alpha' (e^-h - 1) ((1 + 1 / 2r) clean - 1 / 2r previous)</c>, <c>lambda = log(alpha / sigma)</c>, h its growth in the step,
/// <c>r = h of the step before / h</c>. The first step, and the last one where it ends at time 0, are of first order.
/// </summary>
/// <param name="schedule">That the model was trained with.</param>
/// <param name="steps">How many.</param>
/// <param name="predicted">What the model predicts.</param>
/// <param name="clamps">Whether the clean samples are clamped to [-1, 1].</param>
/// <param name="start">The time of the first noise.</param>
/// <param name="end">The time of the sample.</param>
/// <exception cref="ArgumentException">There is no step, or the times do not fall within [0, 1].</exception>
public sealed class DpmSolverSampler(
    NoiseSchedule schedule, int steps, DiffusionTarget predicted, bool clamps = false, double start = 1, double end = 0)
    : DiffusionSampler(schedule, steps, predicted, clamps, start, end)
{
    /// <inheritdoc/>
    public override bool NeedsPrevious => true;

    private protected override (double A, double B, double C, double D) Combination(int step, double from, double to)
    {
        double kept = Schedule.Sigma(to) / Schedule.Sigma(from), growth = (Schedule.LogSnr(to) - Schedule.LogSnr(from)) / 2;
        double onClean = -Schedule.Alpha(to) * (Math.Exp(-growth) - 1);
        if (step == 0 || double.IsInfinity(growth))
            return (kept, onClean, 0, 0);
        double before = (Schedule.LogSnr(from) - Schedule.LogSnr(TimeOf(step - 1))) / 2, share = growth / before / 2;
        return (kept, onClean * (1 + share), -onClean * share, 0);
    }
}
