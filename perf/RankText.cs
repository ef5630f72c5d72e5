using System.Globalization;

namespace Dalle2.Perf;

/// <summary>What <see cref="RankScaling"/> and <see cref="RankForecast"/> give, as tables.</summary>
static class RankText
{
    /// <summary>Columns of measured points.</summary>
    public static readonly string[] PointColumns =
    [
        "group", ">ms", ">waited ms", ">predicted ms", ">error %", ">formula ms", ">floor ms", ">part ms", ">update ms", ">latency us",
        ">link ns/B", ">copy ns/B",
    ];

    /// <summary>Columns of predictions.</summary>
    public static string[] ForecastColumns =>
        ["model", "gradients go", "parts", .. RankForecast.Ranks.Select(ranks => $">{ranks} ranks, ms"), ">efficiency"];

    /// <summary>Measured points.</summary>
    public static IEnumerable<string[]> PointRows(RankScaling scaling) => scaling.Points.Select(point => (string[])
    [
        point.Name, Show(point.Milliseconds), point.Ranks == 1 ? "" : Show(point.Waited), .. point.Cost is { } cost
            ? (string[])[Show(point.Predicted), Show(point.Error), Show(cost.Closed() * 1e3), Show(cost.Floor() * 1e3),
                Show(cost.PartSeconds * 1e3), Show(cost.UpdateSeconds * 1e3), Show(cost.Link.Latency * 1e6),
                Show(cost.Link.SecondsPerByte * 1e9, "F2"), Show(cost.Link.CopySecondsPerByte * 1e9, "F2")]
            : Enumerable.Repeat("", 9),
    ]);

    /// <summary>Predictions; of one part a rank the efficiency is the time of one rank by that of 64, of 64 parts a 64th of it.</summary>
    public static IEnumerable<string[]> ForecastRows(
        IEnumerable<(string Model, string Way, bool Grows, double[] Milliseconds)> rows) => rows.Select(row => (string[])
    [
        row.Model, row.Way, row.Grows ? "one a rank" : "64", .. row.Milliseconds.Select(value => Show(value, value < 10 ? "F2" : "F1")),
        Show(100 * row.Milliseconds[0] / row.Milliseconds[^1] / (row.Grows ? 1 : RankForecast.Ranks[^1]), "F0") + " %",
    ]);

    /// <summary>The load of the machine over the last minute; a figure on a busy one is none.</summary>
    public static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    /// <summary>The figure that counts, in a sentence.</summary>
    public static string Headline(RankScaling scaling) =>
        $"Two ranks of a thread each: {Show(scaling.Pair.Ranks)} ms a step; one rank with two threads: "
        + $"{Show(scaling.Pair.Threads)} ms. Ratio {Show(scaling.Ratio, "F3")}, by turns "
        + $"{string.Join(", ", scaling.Ratios.Select(one => Show(one, "F3")))}.";

    /// <summary>The results as Markdown.</summary>
    public static IEnumerable<string> Markdown(ResultHeader header, RankScaling scaling, int parts, string load,
        IReadOnlyList<(string Model, string Way, bool Grows, double[] Milliseconds)> forecast)
    {
        yield return "# A training step divided among ranks";
        yield return "";
        yield return $"{header.Lines[0]}\\";
        yield return $"{header.Lines[1]}\\";
        yield return $"{load}\\";
        yield return $"The product's own step (`StepLoop`) of the autoencoder of `perf/TextVae.cs`, "
            + $"{scaling.Parameters.ToString("N0", CultureInfo.InvariantCulture)} parameters, 64 pictures of 64x64 in {parts} parts, "
            + "ranks over MPI. "
            + "Groups take turns and are never measured at once; medians.";
        yield return "";
        yield return $"**{Headline(scaling)}**";
        yield return "";
        yield return "## Measured and predicted";
        yield return "";
        foreach (string line in Table(PointColumns, PointRows(scaling)))
            yield return line;
        yield return "";
        foreach (string left in scaling.LeftOut)
        {
            yield return $"Left out: {left}.";
            yield return "";
        }

        foreach (string line in Model)
            yield return line;
        yield return "## Eight machines of eight H100: predicted, not measured";
        yield return "";
        yield return "Assumed:";
        yield return "";
        foreach (string one in RankForecast.Assumptions)
            yield return $"- {one}.";
        yield return "";
        foreach (string line in Table(ForecastColumns, ForecastRows(forecast)))
            yield return line;
        yield return "";
        yield return "Efficiency is of 64 ranks: one part a rank, the time of one rank by that of 64; 64 parts, a 64th of that.";
    }

    // The formulas, as in RankCost.
    static readonly string[] Model =
    [
        "`waited` is what rank 0 spent in waits for messages. `part` and `update` are from steps of a rank's share of the parts that all "
            + "ranks take alone, at once, in turn with those that are predicted, sending nothing; the slowest rank's time counts. What "
            + "they take of each other's caches, memory and, where a group has more ranks than there are processors, time is in them: "
            + "the prediction is of the exchange alone.",
        "",
        "## The model",
        "",
        "A parts, R ranks, N gradients, n = N / R, s sums of a rank and S of all (R where parts divide evenly); a latency, b seconds "
            + "a byte on the link, c seconds a byte of a processor that copies (at both ends), o seconds to begin a message, m "
            + "seconds to add an element, h seconds a byte between card and host, "
            + "p a part's pass, u the update, f and g bytes of figures and embeddings:",
        "",
        "    compute     ceil(A / R) p",
        "    embeddings  (R - 1) (a + 2 o + g (b + 2 c))             contrastive stages alone",
        "    reduce      a + s (R - 1) (2 o + 4 n (b + 2 c))",
        "    merge       (S - 1) n m",
        "    gather      a + (R - 1) (2 o + 4 n (b + 2 c))",
        "    host        4 N h (s + 1)                               cards alone",
        "    figures     (R - 1) (a + 2 o + f (b + 2 c))",
        "    update      u",
        "",
        "Their sum, `formula`, is exact for one bucket that is whole at the end. `floor` is the larger of computing and of what the "
            + "link carries, with the update. In between the simulation (`perf/RankSimulation.cs`) goes through every message of "
            + "every bucket in the order of `GradientExchange`: a bucket's messages "
            + "begin when backward has come to it (measured), move on their links meanwhile, and are noticed, copied and merged only "
            + "in the calls of later buckets and at the end. On one machine processors copy (b = 0, c of a burst of messages of a "
            + "slice's size, both ways); at a rate b is of the same burst, and c that of the link without a rate.",
        "",
    ];

    static IEnumerable<string> Table(string[] columns, IEnumerable<string[]> rows)
    {
        yield return $"| {string.Join(" | ", columns.Select(column => column.TrimStart('>')))} |";
        yield return $"|{string.Concat(columns.Select(column => column.StartsWith('>') ? "-:|" : "-|"))}";
        foreach (string[] row in rows)
            yield return $"| {string.Join(" | ", row)} |";
    }

    static string Show(double value, string format = "F1") => value.ToString(format, CultureInfo.InvariantCulture);
}
