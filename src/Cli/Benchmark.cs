using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Cli;

/// <summary>What ops take on a device, and what the device can do at most.</summary>
/// <param name="Device">The device's label.</param>
/// <param name="Description">What it is.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Roofline">Its peaks.</param>
/// <param name="Timings">The ops.</param>
sealed record Benchmark(string Device, string Description, int Threads, Roofline Roofline, IReadOnlyList<OpTiming> Timings)
{
    const double Seconds = 0.5;

    /// <summary>The columns of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["op", "pass", "size", ">ms", ">GFLOP/s", ">GB/s", ">of the roof", ">of a copy"];

    /// <summary>The sizes at which an op is timed; quick, one small size of those that have any.</summary>
    public static int[][] Sizes(Type one, bool isQuick) =>
        OpCase.Create(one) is var created && isQuick && created.BenchShapes.Length > 0 ? [created.Shapes[0]] : created.BenchShapes;

    /// <summary>Measures the device, then the ops.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cases">The ops' cases.</param>
    /// <param name="isQuick">Few runs of small sizes.</param>
    /// <param name="cancellation">Looked at before each size.</param>
    public static Benchmark Run(Device device, IEnumerable<Type> cases, bool isQuick, CancellationToken cancellation)
    {
        Roofline roofline = Roofline.Measure(device, isQuick ? 0 : Seconds);
        var timings = new List<OpTiming>();
        foreach (var (one, s) in cases.SelectMany(one => Sizes(one, isQuick), (one, s) => (one, s)))
        {
            cancellation.ThrowIfCancellationRequested();
            timings.Add(OpTiming.Measure(one, s, device, isQuick ? 0 : Seconds));
        }

        return new Benchmark(device.Label, device.Description, device.Threads, roofline, timings);
    }

    /// <summary>The document.</summary>
    public JsonObject ToJson() => new()
    {
        ["device"] = Device,
        ["threads"] = Threads,
        ["peakGflops"] = Roofline.PeakGflops,
        ["bandwidthGBs"] = Roofline.BandwidthGigabytes,
        ["launchUs"] = Roofline.LaunchMicroseconds,
        ["bandwidths"] = new JsonArray([.. Roofline.Bandwidths.Select(point =>
        new JsonObject { ["bytes"] = point.Bytes, ["copy"] = point.Copy, ["update"] = point.Update, ["read"] = point.Read })]),
        ["rows"] = new JsonArray([.. Passes.Select(row => new JsonObject
        {
            ["op"] = row.Op,
            ["pass"] = row.Pass,
            ["shape"] = row.Size,
            ["ms"] = row.Timing.Milliseconds,
            ["gflops"] = row.Timing.Gflops,
            ["gbs"] = row.Timing.GigabytesPerSecond,
            ["share"] = row.Timing.HasCost ? row.Timing.ShareOf(Roofline) : null,
            ["copyShare"] = row.Timing.HasCost ? row.Timing.ShareOfCopy(Roofline) : null,
        })]),
    };

    /// <summary>The device's peaks in a sentence.</summary>
    public string Peaks => $"{Device}: {Description}. Measured here: {Show(Roofline.PeakGflops, "F0")} GFLOP/s; a launch "
        + $"{Show(Roofline.LaunchMicroseconds, "F1")} us; a copy, the fastest access, in GB/s: "
        + string.Join(", ", Roofline.Bandwidths.Where((_, i) => i % 2 == 1)
            .Select(point => $"{Extent(point.Bytes)} {Show(point.Copy, "F0")}, {Show(point.Fastest, "F0")}")) + ".";

    /// <summary>The table for a person.</summary>
    public IEnumerable<string[]> Rows => Passes.Select(row => (string[])
    [
        row.Op, row.Pass, row.Size, Show(row.Timing.Milliseconds, "F3"),
        .. row.Timing.HasCost
            ? (string[])[Show(row.Timing.Gflops, "F1"), Show(row.Timing.GigabytesPerSecond, "F1"), Percent(row.Timing.ShareOf(Roofline)),
            Percent(row.Timing.ShareOfCopy(Roofline))]
            : ["", "", "", ""],
    ]);

    IEnumerable<(string Op, string Pass, string Size, PassTiming Timing)> Passes =>
        Timings.SelectMany(row => row.Passes, (row, pass) => (row.Op, pass.Name, string.Join('x', row.Shape), pass.Pass));

    static string Extent(long bytes) => bytes < 1 << 20 ? $"{bytes >> 10} KB" : $"{bytes >> 20} MB";

    static string Percent(double share) => Show(100 * share, "F0") + " %";

    static string Show(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
