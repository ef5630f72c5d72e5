using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Cli;

namespace Dalle2.Perf;

/// <summary><c>scale</c>: how the time and memory of a training step grow.</summary>
sealed class ScaleVerb : Verb
{
    const double Seconds = 1;

    readonly Option<string[]> axis = new("--axis")
    {
        Description =
        $"One axis alone: {string.Join(", ", ScaleAxis.All.Select(a => a.Name))}; may be given several times. Default: all.",
        HelpName = "NAME"
    };
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<bool> quick = VerbOptions.Flag("--quick",
        "Two points of each axis, of a small step, once: shows that it runs. Saves nothing.");
    readonly Option<bool> ranks = VerbOptions.Flag("--ranks",
        "Instead: a step divided among ranks over MPI, measured beside one rank with as many threads and beside its prediction.");
    readonly Option<int> parts = VerbOptions.Count("--parts", 4, 4, 64, "With --ranks: parts of a step, which the ranks divide.");
    readonly Option<int> rounds = VerbOptions.Count("--rounds", 6, 1, 100, "With --ranks: how often groups take turns.");
    readonly Option<bool> predict = VerbOptions.Flag("--predict",
        "With --ranks: the predictions for machines with cards alone. Saves nothing.");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE",
        "Where the table is saved, as Markdown; the plot stands beside it as .svg. [default: perf/results/DATE-scale.md]");

    public ScaleVerb()
        : base("scale",
        "Measure how the time and memory of a training step grow with batch, picture, channels, words and threads, and fit the exponents.")
    {
        foreach (Option option in new Option[] { axis, device, threads, ranks, parts, rounds, predict, quick, output })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples => ["perf/scale", "perf/scale --axis batch --axis threads --json", "perf/scale --ranks"];

    public override IReadOnlyList<string> Notes =>
    [
        "The step is that of 'compare': one extent changes, the others stay as they are there. The exponent p fits time = c x^p, least "
        + "squares over logarithms: 1 is linear; of threads -1 is ideal. "
        + "Memory is the device memory that buffers hold after the steps.",
        "JSON: {machine, date, command, device, axes:[{axis, timeExponent, memoryExponent, points:[{value, ms, bytes}]}]}.",
        "--ranks starts ranks with mpiexec, and as root also in network namespaces with limited links (perf/ranks-netns): table of "
            + "measured and predicted times, and predictions for machines with cards. Saved to "
        + "perf/results/DATE-ranks.md. JSON: {machine, date, command, parameters, parts, twoRanksMs, twoThreadsMs, "
        + "ratio, ratios, points, leftOut, forecast:[{model, way, parts, ms}]}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        bool isQuick = arguments.GetValue(quick);
        if (arguments.GetValue(ranks))
            return RunRanks(arguments, terminal);
        string name = Known.Device(arguments.GetRequiredValue(device));
        ScaleAxis[] axes = arguments.GetValue(axis) is { Length: > 0 } given
            ? [.. given.Select(one => ScaleAxis.All.First(a => a.Name == Known.Require("axis", one, ScaleAxis.All.Select(a => a.Name))))]
            : [.. ScaleAxis.All];
        ResultHeader header = Header(arguments);
        var series = new List<ScaleSeries>();
        foreach (ScaleAxis one in axes)
        {
            var points = new List<ScalePoint>();
            foreach (int value in isQuick ? one.Values.Take(2) : one.Values)
            {
                terminal.Cancellation.ThrowIfCancellationRequested();
                points.Add(ScalePoint.Measure(one, value, isQuick, name, arguments.GetValue(threads), isQuick ? 0 : Seconds));
                terminal.Notice($"{one.Name} {value}: {Show(points[^1].Milliseconds, "F2")} ms, {points[^1].Bytes >> 20} MB");
            }

            series.Add(new ScaleSeries(one.Name, points));
        }

        if ((arguments.GetValue(output) ?? (isQuick ? null : header.DefaultPath("scale"))) is { } path)
            Save(path, header, name, series, terminal);
        terminal.Result(
            () =>
            {
                JsonObject document = header.ToJson();
                document["device"] = name;
                document["axes"] = new JsonArray([.. series.Select(one => one.ToJson())]);
                return document;
            },
            text =>
            {
                foreach (string line in header.Lines)
                    text.Line(line);
                text.Table(["axis", ">value", ">ms", ">MB", ">exponent of time", ">exponent of memory"], series.SelectMany(Rows));
            });
        return ExitCode.Ok;
    }

    int RunRanks(ParseResult arguments, Terminal terminal)
    {
        bool isQuick = arguments.GetValue(quick);
        int count = arguments.GetValue(parts);
        ResultHeader header = Header(arguments);
        if (arguments.GetValue(predict))
        {
            var predicted = RankForecast.Rows(isQuick).ToList();
            terminal.Result(
                () => new JsonObject { ["forecast"] = new JsonArray([.. predicted.Select(RankForecast.ToJson)]) },
                text => text.Table(RankText.ForecastColumns, RankText.ForecastRows(predicted)));
            return ExitCode.Ok;
        }

        string before = RankText.Load();
        var scaling = new RankScaling(isQuick, count, arguments.GetValue(rounds), terminal.Notice);
        try
        {
            scaling.Run(terminal.Cancellation);
        }
        catch (SideFailedException fault)
        {
            return terminal.Fail(fault.Message);
        }

        string load = $"Load of the machine over a minute before and after: {before}, {RankText.Load()}.";
        var forecast = RankForecast.Rows(isQuick).ToList();
        if ((arguments.GetValue(output) ?? (isQuick ? null : header.DefaultPath("ranks"))) is { } path)
        {
            File.WriteAllLines(path, RankText.Markdown(header, scaling, count, load, forecast));
            terminal.Notice($"saved: {path}");
        }

        terminal.Result(
            () =>
            {
                JsonObject document = header.ToJson();
                foreach (var (key, value) in scaling.ToJson())
                    document[key] = value?.DeepClone();
                document["forecast"] = new JsonArray([.. forecast.Select(RankForecast.ToJson)]);
                return document;
            },
            text =>
            {
                foreach (string line in header.Lines)
                    text.Line(line);
                text.Line(RankText.Headline(scaling));
                text.Table(RankText.PointColumns, RankText.PointRows(scaling));
                foreach (string left in scaling.LeftOut)
                    text.Line($"left out: {left}");
                text.Table(RankText.ForecastColumns, RankText.ForecastRows(forecast));
            });
        return ExitCode.Ok;
    }

    static ResultHeader Header(ParseResult arguments) =>
        new($"perf/scale {string.Join(' ', arguments.Tokens.Skip(1).Select(token => token.Value))}".TrimEnd());

    static void Save(string path, ResultHeader header, string device, IReadOnlyList<ScaleSeries> series, Terminal terminal)
    {
        string picture = Path.ChangeExtension(path, ".svg");
        var lines = new List<string>
        {
            "# How a training step grows", "", $"{header.Lines[0]}\\", $"{header.Lines[1]}\\",
            $"The text-conditioned autoencoder of `perf/TextVae.cs` on `{device}`: one extent changes, the others stay at batch 64, 64x64 "
            + "pixels, 32 channels at first, 16 words. Medians.", "",
            $"![Time over each extent]({Path.GetFileName(picture)})", "",
            "| axis | value | ms | MB | exponent of time | exponent of memory |", "|-|-:|-:|-:|-:|-:|",
        };
        lines.AddRange(series.SelectMany(Rows).Select(row => $"| {string.Join(" | ", row)} |"));
        File.WriteAllLines(path, lines);
        File.WriteAllText(picture, ScalePlot.Draw(series));
        terminal.Notice($"saved: {path}, {picture}");
    }

    // The exponents stand in an axis's first row.
    static IEnumerable<string[]> Rows(ScaleSeries series) => series.Points.Select((point, i) => (string[])
    [
        series.Axis, Show(point.Value, "F0"), Show(point.Milliseconds, "F2"), Show(point.Bytes / 1e6, "F0"),
        i == 0 ? Show(series.TimeExponent, "F2") : "", i == 0 ? Show(series.MemoryExponent, "F2") : "",
    ]);

    static string Show(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
