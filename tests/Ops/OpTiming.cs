using System.Diagnostics;

namespace Dalle2.Ops;

/// <summary>How long an op's forward pass takes at one size.</summary>
/// <param name="Op">The op.</param>
/// <param name="Shape">The size, as the op's case understands it.</param>
/// <param name="Milliseconds">The median of several runs after a warm-up.</param>
/// <param name="Flops">Floating-point operations of one run; 0 if the case does not say.</param>
/// <param name="Bytes">Bytes that one run has to move; 0 if the case does not say.</param>
public sealed record OpTiming(string Op, int[] Shape, double Milliseconds, double Flops, double Bytes)
{
    const int FewestRuns = 5;
    const int MostRuns = 200;

    /// <summary>10^9 floating-point operations a second.</summary>
    public double Gflops => Flops / Milliseconds / 1e6;

    /// <summary>10^9 bytes a second.</summary>
    public double GigabytesPerSecond => Bytes / Milliseconds / 1e6;

    /// <summary>The time that the device's peaks allow, as a share of the time taken; above 1 where the data stay in a cache, which is faster than the memory measured.</summary>
    public double ShareOf(Roofline roofline) => Math.Max(Gflops / roofline.PeakGflops, GigabytesPerSecond / roofline.BandwidthGigabytes);

    /// <summary>Times an op.</summary>
    /// <param name="caseType">The op's case.</param>
    /// <param name="s">The size.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="seconds">About how long to repeat it; at least five times.</param>
    public static OpTiming Measure(Type caseType, int[] s, Device device, double seconds)
    {
        OpCase op = OpCase.Create(caseType);
        using Context inputs = new(device, seed: 3), context = new(device, seed: 3);
        var args = new DeviceArguments(
        [
            .. op.Arguments(s).Select(a => a.IsInteger
                ? (object)inputs.Upload([.. a.Draw(7).Select(v => (int)v)], a.Extents)
                : inputs.Upload([.. a.Draw(7).Select(v => (float)v)], a.Extents)),
        ]);
        Func<Tensor[]> forward = op.Prepare(context, s, args);
        try
        {
            double time = Median(device, seconds, () =>
            {
                context.BeginStep(1, training: true);
                return forward()[0];
            });
            var (flops, bytes) = op.Cost(s);
            return new OpTiming(op.Name, s, time * 1e3, flops, bytes);
        }
        finally
        {
            op.Release();
        }
    }

    /// <summary>The seconds of a run, until its result can be read.</summary>
    internal static double Median(Device device, double seconds, Func<Tensor> run)
    {
        // The first run compiles, the second finds its memory.
        Time(device, run);
        Time(device, run);
        var times = new List<double>();
        while (times.Count < FewestRuns || (times.Sum() < seconds && times.Count < MostRuns))
            times.Add(Time(device, run));
        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>The seconds of one run.</summary>
    internal static double Time(Device device, Func<Tensor> run)
    {
        long start = Stopwatch.GetTimestamp();
        Tensor result = run();
        // Devices run behind the host; what is read back is done.
        Span<float> one = stackalloc float[1];
        device.Stream.Read(result.View.SubView(0, 1), one);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
