using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Cli;

/// <summary><c>bench</c>: how fast the ops are on a device, beside what it can do at most.</summary>
sealed class BenchVerb : Verb
{
    const double Seconds = 0.5;

    readonly Option<string[]> op = VerbOptions.Ops();
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<bool> quick = VerbOptions.Flag("--quick", "Time the smallest of the sizes that gradcheck checks, a few times: shows that it runs, not how fast.");

    public BenchVerb()
        : base("bench", "Time the ops, forward and backward, on a device, as a share of what it was measured to do at most.")
    {
        Options.Add(op);
        Options.Add(device);
        Options.Add(threads);
        Options.Add(quick);
    }

    public override IReadOnlyList<string> Examples => ["dalle2 bench", "dalle2 bench --op Gemm --threads 1", "dalle2 bench --op Conv2d --op Lstm --device cpu:256 --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "A time is the median of several runs after a warm-up, from the call until the result can be read. The roof is measured first, with as many threads: the rate of fused "
        + "multiply-adds in registers, and the bandwidth of copies within working sets from 64 KB, which a core's own cache holds, to 128 MB, which none does. The share is the time that "
        + "these allow, whichever is longer, at the bandwidth for the pass's own size, in the time taken. A pass that reads more than it writes may come above 100 %: reading is faster than copying.",
        "JSON: {device, threads, peakGflops, bandwidthGBs, launchUs, bandwidths:[{bytes, gbs}], rows:[{op, pass, shape, ms, gflops, gbs, share}]}; bandwidthGBs is that of 128 MB, launchUs "
        + "the cost of a launch that does next to nothing, pass forward or backward, shape as in the op's case, such as 1024x1024x1024x0x0x0 for Gemm's m, n, k, transpositions and accumulation; "
        + "share is null where the case does not tell the op's cost.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        Type[] cases = Known.Ops(arguments.GetValue(op));
        bool isQuick = arguments.GetValue(quick);
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads));
        Type[] timed = [.. cases.Where(one => Sizes(one, isQuick).Length > 0)];
        if (timed.Length < cases.Length)
            terminal.Notice($"Without a size to time: {string.Join(", ", cases.Except(timed).Select(OpCase.NameOf))}.");
        Roofline roofline = Roofline.Measure(opened, isQuick ? 0 : Seconds);
        var rows = new List<OpTiming>();
        foreach (Type one in timed)
        {
            foreach (int[] s in Sizes(one, isQuick))
            {
                terminal.Cancellation.ThrowIfCancellationRequested();
                rows.Add(OpTiming.Measure(one, s, opened, isQuick ? 0 : Seconds));
            }
        }

        (string Op, string Pass, string Shape, PassTiming Timing)[] passes = [.. rows.SelectMany(row => row.Passes, (row, pass) => (row.Op, pass.Name, string.Join('x', row.Shape), pass.Pass))];
        terminal.Result(
            () => new JsonObject
            {
                ["device"] = opened.Name,
                ["threads"] = opened.Threads,
                ["peakGflops"] = roofline.PeakGflops,
                ["bandwidthGBs"] = roofline.BandwidthGigabytes,
                ["launchUs"] = roofline.LaunchMicroseconds,
                ["bandwidths"] = new JsonArray([.. roofline.Bandwidths.Select(point => new JsonObject { ["bytes"] = point.Bytes, ["gbs"] = point.GigabytesPerSecond })]),
                ["rows"] = new JsonArray([.. passes.Select(row => new JsonObject
                {
                    ["op"] = row.Op,
                    ["pass"] = row.Pass,
                    ["shape"] = row.Shape,
                    ["ms"] = row.Timing.Milliseconds,
                    ["gflops"] = row.Timing.Gflops,
                    ["gbs"] = row.Timing.GigabytesPerSecond,
                    ["share"] = row.Timing.HasCost ? row.Timing.ShareOf(roofline) : null,
                })]),
            },
            text =>
            {
                text.Line($"{opened.Name}: {opened.Description}. Measured here: {Show(roofline.PeakGflops, "F0")} GFLOP/s, a launch {Show(roofline.LaunchMicroseconds, "F1")} us, copies "
                    + $"{string.Join(", ", roofline.Bandwidths.Where((_, i) => i % 2 == 1).Select(point => $"{point.Bytes >> 10} KB {Show(point.GigabytesPerSecond, "F0")}"))} GB/s.");
                text.Table(["op", "pass", "size", ">ms", ">GFLOP/s", ">GB/s", ">of the roof"], passes.Select(row => (string[])
                [
                    row.Op, row.Pass, row.Shape, Show(row.Timing.Milliseconds, "F3"),
                    .. row.Timing.HasCost ? (string[])[Show(row.Timing.Gflops, "F1"), Show(row.Timing.GigabytesPerSecond, "F1"), Show(100 * row.Timing.ShareOf(roofline), "F0") + " %"] : ["", "", ""],
                ]));
            });
        return ExitCode.Ok;
    }

    static int[][] Sizes(Type one, bool isQuick) => OpCase.Create(one) is var created && isQuick && created.BenchShapes.Length > 0 ? [created.Shapes[0]] : created.BenchShapes;

    static string Show(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
