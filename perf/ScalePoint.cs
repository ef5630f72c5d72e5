using System.Diagnostics;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary>A training step at one size.</summary>
/// <param name="Value">The extent.</param>
/// <param name="Milliseconds">The median step.</param>
/// <param name="Bytes">Device memory held after it.</param>
sealed record ScalePoint(int Value, double Milliseconds, long Bytes)
{
    const int FewestSteps = 3;

    /// <summary>Measures a point on a device of its own.</summary>
    public static ScalePoint Measure(ScaleAxis axis, int value, bool isQuick, string deviceName, int threads, double seconds)
    {
        TextVaeSize size = axis.Apply(isQuick ? new TextVaeSize(Batch: 2, Side: 16, Words: 2, Width: 4) : new TextVaeSize(), value);
        using Device device = Known.OpenDevice(deviceName, axis.Name == ScaleAxis.ThreadsName ? value : threads);
        using var model = new TextVae(device, size);
        // The first step compiles, the second finds its memory.
        model.Step();
        model.Step();
        var times = new List<double>();
        while (times.Count < FewestSteps || times.Sum() < seconds * 1e3)
        {
            long start = Stopwatch.GetTimestamp();
            model.Step();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return new ScalePoint(value, times.Median(), device.AllocatedBytes);
    }
}
