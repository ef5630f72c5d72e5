namespace Dalle2.Ops;

/// <summary>What a device can do at most, measured on it.</summary>
/// <param name="PeakGflops">10^9 floating-point operations a second, of fused multiply-adds in registers.</param>
/// <param name="BandwidthGigabytes">10^9 bytes a second, read and written, of a copy too large for caches.</param>
public sealed record Roofline(double PeakGflops, double BandwidthGigabytes)
{
    const int Groups = 2048;
    const int CopiedElements = 1 << 24;
    const double ShortestRun = 0.001;
    const double Seconds = 0.5;
    const int FewestRuns = 5;

    /// <summary>Measures a device; the best of several runs counts, since what disturbs a run only makes it slower.</summary>
    public static Roofline Measure(Device device)
    {
        using var context = new Context(device);
        Tensor x = context.Upload([.. Enumerable.Range(0, RooflineOp.Operands).Select(i => i < RooflineOp.Operands / 2 ? 0.5f : 1f)], RooflineOp.Operands);
        Tensor y = context.Allocate(Groups * 16);
        int turns = 1;
        // The first runs compile, this method too, and say nothing; on slow devices few turns are enough.
        while (turns < 1 << 24 && Enumerable.Range(0, FewestRuns).Min(_ => Arithmetic()) < ShortestRun)
            turns *= 4;
        double peak = RooflineOp.Flops(Groups, turns) / Best(Arithmetic);

        Tensor source = context.Zeros(CopiedElements), target = context.Zeros(CopiedElements);
        double bandwidth = 2.0 * sizeof(float) * CopiedElements / Best(() => OpTiming.Time(device, () =>
        {
            RooflineOp.Copy(device.Stream, source, target);
            return target;
        }));
        return new Roofline(peak / 1e9, bandwidth / 1e9);

        double Arithmetic() => OpTiming.Time(device, () =>
        {
            RooflineOp.MultiplyAdd(device.Stream, x, y, turns);
            return y;
        });
    }

    // Many short runs: one of them meets a moment in which nobody else is on the machine.
    static double Best(Func<double> time)
    {
        double best = double.PositiveInfinity, total = 0;
        for (int run = 0; run < FewestRuns || total < Seconds; run++)
        {
            double taken = time();
            best = Math.Min(best, taken);
            total += taken;
        }

        return best;
    }
}
