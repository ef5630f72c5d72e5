namespace Dalle2.Ops;

/// <summary>What a device can do at most, measured on it.</summary>
/// <param name="PeakGflops">10^9 floating-point operations a second, of fused multiply-adds in registers.</param>
/// <param name="LaunchMicroseconds">From the call of a launch that does next to nothing until the host can read its result.</param>
/// <param name="Bandwidths">10^9 bytes a second, read and written, of a copy within so many bytes, from those that a core's own cache holds to those that none does.</param>
public sealed record Roofline(double PeakGflops, double LaunchMicroseconds, IReadOnlyList<(long Bytes, double GigabytesPerSecond)> Bandwidths)
{
    const int Groups = 2048;
    const long SmallestSet = 1 << 16;
    const long LargestSet = 1 << 27;
    const double ShortestRun = 0.001;
    const int FewestRuns = 5;

    /// <summary>The bandwidth of the memory: of the largest copy, which no cache holds.</summary>
    public double BandwidthGigabytes => Bandwidths[^1].GigabytesPerSecond;

    /// <summary>The bandwidth for data of a size: between two sizes measured, as their logarithms lie.</summary>
    /// <param name="bytes">The working set.</param>
    public double BandwidthFor(double bytes)
    {
        int above = Bandwidths.TakeWhile(point => point.Bytes < bytes).Count();
        if (above == 0 || above == Bandwidths.Count)
            return Bandwidths[Math.Min(above, Bandwidths.Count - 1)].GigabytesPerSecond;
        var (low, high) = (Bandwidths[above - 1], Bandwidths[above]);
        double share = Math.Log(bytes / low.Bytes) / Math.Log((double)high.Bytes / low.Bytes);
        return low.GigabytesPerSecond * Math.Pow(high.GigabytesPerSecond / low.GigabytesPerSecond, share);
    }

    /// <summary>The least milliseconds that so much work can take: the longer of its arithmetic and its bytes.</summary>
    public double LeastMilliseconds(double flops, double bytes) =>
        Math.Max(flops / PeakGflops, bytes > 0 ? bytes / BandwidthFor(bytes) : 0) / 1e6;

    /// <summary>Measures a device; the best of several runs counts, since what disturbs a run only makes it slower.</summary>
    /// <param name="device">The device.</param>
    /// <param name="seconds">About how long each figure is measured.</param>
    public static Roofline Measure(Device device, double seconds)
    {
        using var context = new Context(device);
        Tensor x = context.Upload([.. Enumerable.Range(0, RooflineOp.Operands).Select(i => i < RooflineOp.Operands / 2 ? 0.5f : 1f)], RooflineOp.Operands);
        Tensor y = context.Allocate(Groups * 16);
        double peak = Rate(seconds, turns => RooflineOp.Flops(Groups, turns), turns => OpTiming.Time(device, () =>
        {
            RooflineOp.MultiplyAdd(device.Stream, x, y, turns);
            return y;
        }));

        Tensor source = context.Zeros((int)(LargestSet / 2 / sizeof(float))), target = context.Zeros((int)(LargestSet / 2 / sizeof(float)));
        var bandwidths = new List<(long, double)>();
        for (long bytes = SmallestSet; bytes <= LargestSet; bytes *= 2)
            bandwidths.Add((bytes, Copy(device, source, target, bytes, seconds / 4) / 1e9));
        return new Roofline(peak / 1e9, Launch(device, source, target, seconds / 4) * 1e6, bandwidths);
    }

    // Each thread copies a part of its own, as long as it can be.
    static double Copy(Device device, Tensor source, Tensor target, long bytes, double seconds)
    {
        int groups = Math.Max(1, Math.Min(device.Threads, 64)), length = (int)(bytes / 2 / sizeof(float)) / (groups * RooflineOp.CopyStep) * groups * RooflineOp.CopyStep;
        Tensor from = Part(source, length), to = Part(target, length);
        return Rate(seconds, turns => 2.0 * sizeof(float) * length * turns, turns => OpTiming.Time(device, () =>
        {
            RooflineOp.Copy(device.Stream, from, to, groups, turns);
            return to;
        }));
    }

    static double Launch(Device device, Tensor source, Tensor target, double seconds)
    {
        int groups = Math.Max(1, Math.Min(device.Threads, 64));
        Tensor from = Part(source, groups * RooflineOp.CopyStep), to = Part(target, groups * RooflineOp.CopyStep);
        return 1 / Rate(seconds, launches => launches, launches => OpTiming.Time(device, () =>
        {
            for (int i = 0; i < launches; i++)
                RooflineOp.Copy(device.Stream, from, to, groups, turns: 1);
            return to;
        }));
    }

    // Work a second, with as many turns as make a run long enough to be timed. The first runs compile, this method too, and say nothing.
    static double Rate(double seconds, Func<int, double> work, Func<int, double> time)
    {
        int turns = 1;
        while (turns < 1 << 24 && Enumerable.Range(0, FewestRuns).Min(_ => time(turns)) < ShortestRun)
            turns *= 4;
        double best = double.PositiveInfinity, total = 0;
        // Many short runs: one of them meets a moment in which nobody else is on the machine.
        for (int run = 0; run < FewestRuns || total < seconds; run++)
        {
            double taken = time(turns);
            best = Math.Min(best, taken);
            total += taken;
        }

        return work(turns) / best;
    }

    static Tensor Part(Tensor whole, int length) => new(whole.View.SubView(0, length), new Shape(length));
}
