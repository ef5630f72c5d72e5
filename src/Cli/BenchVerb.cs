using System.CommandLine;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Cli;

/// <summary><c>bench</c>: how fast the ops are on a device, beside what it can do at most.</summary>
sealed class BenchVerb : Verb
{
    readonly Option<string[]> op = VerbOptions.Ops();
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<bool> quick = VerbOptions.Flag("--quick",
        "Time the smallest of the sizes that gradcheck checks, a few times: shows that it runs, not how fast.");

    public BenchVerb()
        : base("bench", "Time the ops, forward and backward, on a device, as a share of what it was measured to do at most.")
    {
        Options.Add(op);
        Options.Add(device);
        Options.Add(precision);
        Options.Add(threads);
        Options.Add(quick);
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 bench", "dalle2 bench --op Gemm --threads 1", "dalle2 bench --op Conv2d --op Lstm --device cpu:256 --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "A time is the median of several runs after a warm-up, from the call until the result can be read. The roof is measured first, "
        + "with as many threads: the rate of fused "
        + "multiply-adds in registers, and what memory gives in extents from 64 KB, which a core's own cache holds, to 128 MB, which none "
        + "does: copied, updated in place, read. The share of the roof is the time "
        + "that the arithmetic, or the pass's bytes at the fastest rate of as much memory, must take, in the time taken; the share of a "
        + "copy compares rates of moving bytes alone. The roof is that of float32, which products on matrix units (--precision) may "
        + "exceed.",
        "JSON: {device, threads, peakGflops, bandwidthGBs, launchUs, bandwidths:[{bytes, copy, update, read}], rows:[{op, pass, shape, ms, "
        + "gflops, gbs, share, copyShare}]}; bandwidthGBs is a copy of 128 MB, "
        + "launchUs the cost of a launch that does next to nothing, pass forward or backward, shape as in the op's case, such as "
        + "1024x1024x1024x0x0x0 for Gemm's m, n, k, transpositions and accumulation; "
        + "the shares are null where the case does not tell the op's cost.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        Type[] cases = Known.Ops(arguments.GetValue(op));
        bool isQuick = arguments.GetValue(quick);
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads),
            arguments.GetValue(precision));
        Type[] timed = [.. cases.Where(one => Benchmark.Sizes(one, isQuick).Length > 0)];
        if (timed.Length < cases.Length)
            terminal.Notice($"Without a size to time: {string.Join(", ", cases.Except(timed).Select(OpCase.NameOf))}.");
        Benchmark benchmark = Benchmark.Run(opened, timed, isQuick, terminal.Cancellation);
        terminal.Result(benchmark.ToJson, text =>
        {
            text.Line(benchmark.Peaks);
            text.Table(Benchmark.Columns, benchmark.Rows);
        });
        return ExitCode.Ok;
    }
}
