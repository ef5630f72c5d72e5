using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Ops;

namespace Dalle2.Perf;

/// <summary><c>compare</c>: our ops and our training step beside PyTorch's.</summary>
sealed class CompareVerb : Verb
{
    static readonly string[] Parts = ["step", "unclip", "ops", "forecast"];

    readonly Option<string[]> op = VerbOptions.Ops();
    readonly Option<string[]> part = new("--part")
    {
        Description =
        $"One part alone: {string.Join(", ", Parts)}; may be given several times. Default: all, or with --op the ops.",
        HelpName = "NAME"
    };
    readonly Option<int[]> threads = new("--threads")
    {
        Description = "Host threads; may be given several times.",
        HelpName = "N",
        DefaultValueFactory = _ => [1, 2]
    };
    readonly Option<int> rounds = VerbOptions.Count("--rounds", 3, 1, 100, "How often the sides take turns.");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<string> python = VerbOptions.Text("--python", "PROGRAM", "/usr/bin/python3", "The Python that has PyTorch.");
    readonly Option<bool> quick = VerbOptions.Flag("--quick",
        "Smallest sizes, each a few times, on one thread: shows that it runs, not how fast. Saves nothing.");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE",
        "Where the result is saved, as Markdown. [default: perf/results/DATE-compare.md, with the parts in its name if not all]");

    public CompareVerb()
        : base("compare", "Run our ops and training steps, and the same in PyTorch, in alternation, and give the ratios.")
    {
        foreach (Option option in new Option[] { op, part, threads, rounds, device, python, quick, output })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "perf/compare", "perf/compare --part step --json", "perf/compare --part unclip --rounds 5",
        "perf/compare --op Conv2d --op Lstm --threads 1", "perf/compare --quick",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Both sides run in processes of their own, with as many threads, and take turns: ours, theirs, ours, theirs. A time is the median "
        + "of all runs of all turns; a ratio is theirs by ours: above 1 ours is "
        + "faster. PyTorch gets OMP_NUM_THREADS and, where there is AVX-512, OPENBLAS_CORETYPE=SkylakeX, which its OpenBLAS would not "
        + "choose by itself on newer processors; it needs python3-torch and libopenblas0-openmp.",
        "step: a training step of the text-conditioned autoencoder of perf/TextVae.cs and perf/peers/torch_vae.py; with it the peak memory "
        + "of both processes. unclip: a step of each stage of the unCLIP model at the sizes of its preset 'unclip', on random data, with "
        + "Adam (perf/UnclipStep.cs, perf/peers/torch_unclip.py), and attention. forecast: the convolutions of a small "
        + "diffusion U-Net (perf/peers/torch_unet.py), forward and both gradients, summed.",
        "JSON: {machine, date, command, ours, theirs, ops:{\"OP SIZE PASS THREADS\": ratio}, step:{\"MODEL THREADS\": ratio}, "
        + "forecast:{THREADS: ratio}, memory:{\"MODEL THREADS\": ratio}, rows, steps, forecasts, notes}; "
        + "rows, steps and forecasts hold the milliseconds and bytes.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string[] ops = arguments.GetValue(op) ?? [];
        string[] parts = arguments.GetValue(part) is { Length: > 0 } given
            ? [.. given.Select(name => Known.Require("part", name, Parts))] : ops.Length > 0 ? ["ops"] : Parts;
        ComparisonPlan plan = Plan(Known.Ops(ops), parts, arguments.GetValue(threads)!, arguments.GetValue(rounds),
            arguments.GetValue(quick));
        string deviceName = Known.Device(arguments.GetRequiredValue(device)), program = arguments.GetRequiredValue(python);
        string command = $"perf/compare {string.Join(' ', arguments.Tokens.Skip(1).Select(token => token.Value))}".TrimEnd();
        var header = new ResultHeader(command);
        ComparisonResult result;
        try
        {
            result = new Comparison(plan, count => (Sides.Ours(deviceName, count), Sides.PyTorch(program, count)),
                terminal.Notice).Run(terminal.Cancellation);
        }
        catch (SideFailedException fault)
        {
            return terminal.Fail(fault.Message);
        }

        JsonObject document = header.ToJson();
        foreach (var (key, value) in result.ToJson())
            document[key] = value?.DeepClone();
        string? path = arguments.GetValue(output)
            ?? (arguments.GetValue(quick) ? null : header.DefaultPath(parts.Length == Parts.Length
            && ops.Length == 0 ? "compare" : $"compare-{string.Join('-', ops.Length > 0 ? ops : parts)}"));
        if (path != null)
        {
            File.WriteAllText(path, ComparisonText.Markdown(header, result));
            terminal.Notice($"saved: {path}");
        }

        terminal.Result(() => document, text =>
        {
            foreach (string line in header.Lines)
                text.Line(line);
            foreach (var (columns, rows) in ComparisonText.Tables(result))
                text.Table(columns, rows);
        });
        return ExitCode.Ok;
    }

    static ComparisonPlan Plan(Type[] ops, string[] parts, int[] threads, int rounds, bool isQuick)
    {
        Type[] compared = parts.Contains("ops") ? ops : parts.Contains("unclip") ? [typeof(AttentionCase)] : [];
        (string, int[])[] shapes =
        [
            .. from type in compared
               let one = OpCase.Create(type)
               from shape in isQuick && one.BenchShapes.Length > 0 ? [one.Shapes[^1]] : one.BenchShapes
               select (one.Name, shape),
        ];
        IReadOnlyList<(int, int[])> forecast = parts.Contains("forecast") ? isQuick
            ? [(1, [1, 8, 8, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 0])] : UNetConvolutions.All : [];
        ComparedModel[] steps =
        [
            .. parts.Contains("step")
                ? [ComparedModel.Of(isQuick ? new TextVaeSize(Batch: 2, Side: 16, Words: 3) : new TextVaeSize())]
                : Array.Empty<ComparedModel>(),
            .. parts.Contains("unclip") ? ComparedModel.OfUnclip(isQuick ? "tiny" : "unclip") : [],
        ];
        return isQuick
            ? new ComparisonPlan([1], steps, shapes, forecast, Rounds: 1, Seconds: 0, FewestRuns: 2, StepsPerRound: 1)
            : new ComparisonPlan(threads, steps, shapes, forecast, rounds, Seconds: 0.1, FewestRuns: 3, StepsPerRound: 8);
    }
}
