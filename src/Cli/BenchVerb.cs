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
        : base("bench", "Time the ops' forward passes on a device, as a share of its measured peak.")
    {
        Options.Add(op);
        Options.Add(device);
        Options.Add(threads);
        Options.Add(quick);
    }

    public override IReadOnlyList<string> Examples => ["dalle2 bench", "dalle2 bench --op Gemm --threads 1", "dalle2 bench --op Conv2d --op Lstm --device cpu:256 --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "A time is the median of several runs after a warm-up. The peak is what fused multiply-adds in registers reach, the bandwidth what a copy of 64 MB does, both measured at "
        + "the start with as many threads. The share is the time that these two allow, whichever is longer, in the time taken; above 1 where the data fit into a cache.",
        "JSON: {device, threads, peakGflops, bandwidthGBs, rows:[{op, shape, ms, gflops, gbs, share}]}; shape as in the op's case, such as 1024x1024x1024x0x0x0 for Gemm's "
        + "m, n, k, transpositions and accumulation; share is null where the case does not tell the op's cost.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        Type[] cases = Known.Ops(arguments.GetValue(op));
        bool isQuick = arguments.GetValue(quick);
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads));
        Type[] timed = [.. cases.Where(one => Sizes(one, isQuick).Length > 0)];
        if (timed.Length < cases.Length)
            terminal.Notice($"Without a size to time: {string.Join(", ", cases.Except(timed).Select(OpCase.NameOf))}.");
        Roofline roofline = Roofline.Measure(opened);
        var rows = new List<OpTiming>();
        foreach (Type one in timed)
        {
            foreach (int[] s in Sizes(one, isQuick))
            {
                terminal.Cancellation.ThrowIfCancellationRequested();
                rows.Add(OpTiming.Measure(one, s, opened, isQuick ? 0 : Seconds));
            }
        }

        terminal.Result(
            () => new JsonObject
            {
                ["device"] = opened.Name,
                ["threads"] = opened.Threads,
                ["peakGflops"] = roofline.PeakGflops,
                ["bandwidthGBs"] = roofline.BandwidthGigabytes,
                ["rows"] = new JsonArray([.. rows.Select(row => new JsonObject
                {
                    ["op"] = row.Op,
                    ["shape"] = Shape(row),
                    ["ms"] = row.Milliseconds,
                    ["gflops"] = row.Gflops,
                    ["gbs"] = row.GigabytesPerSecond,
                    ["share"] = HasCost(row) ? row.ShareOf(roofline) : null,
                })]),
            },
            text =>
            {
                text.Line($"{opened.Name}: {opened.Description}. Measured here: {Show(roofline.PeakGflops, "F0")} GFLOP/s, {Show(roofline.BandwidthGigabytes, "F1")} GB/s.");
                text.Table(["op", "size", ">ms", ">GFLOP/s", ">GB/s", ">of peak"], rows.Select(row => (string[])
                [
                    row.Op, Shape(row), Show(row.Milliseconds, "F3"),
                    .. HasCost(row) ? (string[])[Show(row.Gflops, "F1"), Show(row.GigabytesPerSecond, "F1"), Show(100 * row.ShareOf(roofline), "F0") + " %"] : ["", "", ""],
                ]));
            });
        return ExitCode.Ok;
    }

    static int[][] Sizes(Type one, bool isQuick) => OpCase.Create(one) is var created && isQuick && created.BenchShapes.Length > 0 ? [created.Shapes[0]] : created.BenchShapes;

    static bool HasCost(OpTiming row) => row.Flops > 0 || row.Bytes > 0;

    static string Shape(OpTiming row) => string.Join('x', row.Shape);

    static string Show(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
