namespace Dalle2.Ops;

/// <summary>What a device can do at most, measured on it.</summary>
/// <param name="PeakGflops">10^9 floating-point operations a second, of fused multiply-adds in registers.</param>
/// <param name="LaunchMicroseconds">What a launch that does next to nothing adds to a row of launches.</param>
/// <param name="Bandwidths">What memory of different extents gives, from what a core's own cache holds to what none does.</param>
public sealed record Roofline(double PeakGflops, double LaunchMicroseconds, IReadOnlyList<Bandwidth> Bandwidths)
{
    const int Groups = 2048;
    const long SmallestSet = 1 << 16;
    const long LargestSet = 1 << 27;
    const double ShortestRun = 0.001;
    const int FewestRuns = 5;

    // Of the time given: memory is measured at twelve extents, each in three ways.
    const double MemoryPart = 0.1;

    /// <summary>The rate of a copy in memory that no cache holds.</summary>
    public double BandwidthGigabytes => Bandwidths[^1].Copy;

    /// <summary>10^9 bytes a second of a copy within so many bytes: between two extents measured, as their logarithms lie.</summary>
    public double CopyFor(double bytes) => Between(bytes, point => point.Copy);

    /// <summary>The least milliseconds that so much work can take: the longer of its arithmetic, and of its bytes at the fastest rate that its memory was seen to give.</summary>
    /// <param name="flops">Floating-point operations.</param>
    /// <param name="bytes">Bytes read and written.</param>
    /// <param name="footprint">Bytes of memory in which they lie.</param>
    public double LeastMilliseconds(double flops, double bytes, double footprint) =>
        Math.Max(flops / PeakGflops, bytes > 0 ? bytes / Between(footprint, point => point.Fastest) : 0) / 1e6;

    /// <summary>Measures a device; the best of several runs counts, since what disturbs a run only makes it slower.</summary>
    /// <param name="device">The device.</param>
    /// <param name="seconds">About how long the arithmetic is measured; memory takes four times as long.</param>
    public static Roofline Measure(Device device, double seconds)
    {
        using var context = new Context(device);
        Tensor x = context.Upload([.. Enumerable.Range(0, RooflineOp.Operands).Select(i => i < RooflineOp.Operands / 2 ? 0.5f : 1f)],
            RooflineOp.Operands);
        Tensor y = context.Allocate(Groups * 16);
        double peak = Rate(seconds, turns => RooflineOp.Flops(Groups, turns), turns => OpTiming.Time(device, () =>
        {
            RooflineOp.MultiplyAdd(device.Stream, x, y, turns);
            return y;
        }));

        Tensor whole = context.Zeros((int)(LargestSet / sizeof(float)));
        var bandwidths = new List<Bandwidth>();
        for (long bytes = SmallestSet; bytes <= LargestSet; bytes *= 2)
            bandwidths.Add(MeasureMemory(device, whole, y, bytes, MemoryPart * seconds));
        return new Roofline(peak / 1e9, MeasureLaunch(device, whole, seconds / 4) * 1e6, bandwidths);
    }

    double Between(double bytes, Func<Bandwidth, double> rate)
    {
        int above = Bandwidths.TakeWhile(point => point.Bytes < bytes).Count();
        if (above == 0 || above == Bandwidths.Count)
            return rate(Bandwidths[Math.Min(above, Bandwidths.Count - 1)]);
        var (low, high) = (Bandwidths[above - 1], Bandwidths[above]);
        double share = Math.Log(bytes / low.Bytes) / Math.Log((double)high.Bytes / low.Bytes);
        return rate(low) * Math.Pow(rate(high) / rate(low), share);
    }

    // Each thread has a part of its own, as long as it can be.
    static Bandwidth MeasureMemory(Device device, Tensor whole, Tensor sums, long bytes, double seconds)
    {
        int groups = Parts(device), unit = groups * RooflineOp.Step, half = (int)(bytes / 2 / sizeof(float)) / unit * unit;
        Tensor all = Part(whole, 0, 2 * half), from = Part(whole, 0, half), to = Part(whole, half, half),
            partSums = Part(sums, 0, groups * 16);
        return new Bandwidth(
            bytes,
            OfMemory(half, 2, turns => RooflineOp.Copy(device.Stream, from, to, groups, turns)),
            OfMemory(2 * half, 2, turns => RooflineOp.Update(device.Stream, all, 1f, groups, turns)),
            OfMemory(2 * half, 1, turns => RooflineOp.Read(device.Stream, all, partSums, groups, turns)));

        double OfMemory(int length, int passes, Action<int> run) =>
            Rate(seconds, turns => (double)passes * sizeof(float) * length * turns, turns => OpTiming.Time(device, () =>
        {
            run(turns);
            return to;
        })) / 1e9;
    }

    static double MeasureLaunch(Device device, Tensor whole, double seconds)
    {
        int groups = Parts(device);
        Tensor part = Part(whole, 0, groups * RooflineOp.Step);
        return 1 / Rate(seconds, launches => launches, launches => OpTiming.Time(device, () =>
        {
            for (int i = 0; i < launches; i++)
                RooflineOp.Update(device.Stream, part, 1f, groups, turns: 1);
            return part;
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

    static int Parts(Device device) => Math.Clamp(device.Threads, 1, 64);

    static Tensor Part(Tensor whole, int first, int length) => new(whole.View.SubView(first, length), new Shape(length));
}
