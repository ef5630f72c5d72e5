using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>Runs launches and tells of each: how long the host waited for it, and what it wrote.</summary>
static class LaunchTrace
{
    /// <param name="device">Where it runs.</param>
    /// <param name="launch">The launch.</param>
    /// <param name="level">D2_DEBUG, 2 or more.</param>
    public static void Run(Device device, Launch launch, int level)
    {
        long start = Stopwatch.GetTimestamp();
        device.Run(launch);
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        TraceOutput.Line(string.Create(CultureInfo.InvariantCulture,
            $"{device.Label}: {launch.Kernel.Name} over {launch.Shape}, {time:F3} ms"));
        if (level < 6)
            return;
        foreach (var (name, argument) in WrittenViews.Of(launch))
        {
            string? found = argument switch
            {
                ArrayView<float> view => Describe(device, view),
                ArrayView<double> view => Describe(device, view),
                ArrayView<Half> view => Describe(device, view),
                ArrayView<int> view => Describe(device, view),
                _ => null,
            };
            if (found != null)
                TraceOutput.Line($"  {name}: {found}");
        }
    }

    static string Describe<T>(Device device, ArrayView<T> view)
        where T : unmanaged, INumber<T>
    {
        if (view.Length == 0)
            return "empty";
        var values = new T[view.Length];
        device.Stream.Read<T>(view, values);
        T[] numbers = [.. values.Where(value => !T.IsNaN(value))];
        string range = numbers.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{numbers.Min()} to {numbers.Max()}, ");
        return $"{range}{values.Length - numbers.Length} NaN of {values.Length}";
    }
}
