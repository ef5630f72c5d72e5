using System.Globalization;
using System.Text.Json.Nodes;

namespace Dalle2.Perf;

/// <summary>What a comparison found. Ratios are theirs by ours: above 1 ours is faster.</summary>
sealed class ComparisonResult
{
    public string Ours { get; set; } = "";

    public string Theirs { get; set; } = "";

    /// <summary>What was said beside the figures, each sentence once.</summary>
    public HashSet<string> Notes { get; } = [];

    public List<ComparedPass> Ops { get; } = [];

    public List<ComparedStep> Steps { get; } = [];

    public List<ComparedForecast> Forecasts { get; } = [];

    /// <summary>The document of <c>compare --json</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["ours"] = Ours,
        ["theirs"] = Theirs,
        ["ops"] = new JsonObject(Ops.Select(row => KeyValuePair.Create(row.Name, (JsonNode?)Round(row.Ratio)))),
        ["step"] = new JsonObject(Steps.Select(row => KeyValuePair.Create(row.Name, (JsonNode?)Round(row.Ratio)))),
        ["forecast"] = new JsonObject(Forecasts.Select(row => KeyValuePair.Create(Text(row.Threads), (JsonNode?)Round(row.Ratio)))),
        ["memory"] = new JsonObject(Steps.Select(row =>
        KeyValuePair.Create(row.Name, (JsonNode?)Round((double)row.TheirPeak / row.OurPeak)))),
        ["rows"] = new JsonArray([.. Ops.Select(row => row.ToJson())]),
        ["steps"] = new JsonArray([.. Steps.Select(row => row.ToJson())]),
        ["forecasts"] = new JsonArray([.. Forecasts.Select(row => row.ToJson())]),
        ["notes"] = new JsonArray([.. Notes.Select(note => (JsonNode)note)]),
    };

    internal static double Round(double value) => Math.Round(value, 4);

    internal static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One pass of an op at one size, in median milliseconds.</summary>
sealed record ComparedPass(string Op, int[] Shape, string Pass, int Threads, double Ours, double Theirs, double Flops)
{
    /// <summary>Op, size, pass, threads: the key in the JSON document.</summary>
    public string Name => $"{Op} {Size} {Pass} {ComparisonResult.Text(Threads)}";

    public string Size => string.Join('x', Shape);

    public double Ratio => Theirs / Ours;

    public JsonObject ToJson() => new()
    {
        ["op"] = Op,
        ["shape"] = Size,
        ["pass"] = Pass,
        ["threads"] = Threads,
        ["oursMs"] = ComparisonResult.Round(Ours),
        ["theirsMs"] = ComparisonResult.Round(Theirs),
        ["oursGflops"] = ComparisonResult.Round(Flops / Ours / 1e6),
        ["theirsGflops"] = ComparisonResult.Round(Flops / Theirs / 1e6),
    };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}: {Ours:F3} ms, theirs {Theirs:F3} ms, ratio {Ratio:F2}");
}

/// <summary>The whole training step, in median milliseconds, and the memory of both processes in bytes: the peak, and what the step added to the process.</summary>
sealed record ComparedStep(string Model, int Threads, double Ours, double Theirs, long OurPeak, long TheirPeak, long OurAdded,
    long TheirAdded)
{
    /// <summary>Model, threads: the key in the JSON document.</summary>
    public string Name => $"{Model} {ComparisonResult.Text(Threads)}";

    public double Ratio => Theirs / Ours;

    public JsonObject ToJson() => new()
    {
        ["model"] = Model,
        ["threads"] = Threads,
        ["oursMs"] = ComparisonResult.Round(Ours),
        ["theirsMs"] = ComparisonResult.Round(Theirs),
        ["oursPeakBytes"] = OurPeak,
        ["theirsPeakBytes"] = TheirPeak,
        ["oursAddedBytes"] = OurAdded,
        ["theirsAddedBytes"] = TheirAdded,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"training step {Name}: {Ours:F1} ms, theirs {Theirs:F1} ms, ratio {Ratio:F2}; peak memory {OurPeak >> 20} MB, theirs "
        + $"{TheirPeak >> 20} MB; of it for the step {OurAdded >> 20} MB, theirs {TheirAdded >> 20} MB");
}

/// <summary>The convolutions of a model to come, each as often as the model has it.</summary>
sealed record ComparedForecast(int Threads, IReadOnlyList<(int Count, ComparedPass Pass)> Passes)
{
    public double Ours => Passes.Sum(row => row.Count * row.Pass.Ours);

    public double Theirs => Passes.Sum(row => row.Count * row.Pass.Theirs);

    public double Ratio => Theirs / Ours;

    public JsonObject ToJson() => new()
    {
        ["threads"] = Threads,
        ["oursMs"] = ComparisonResult.Round(Ours),
        ["theirsMs"] = ComparisonResult.Round(Theirs),
        ["rows"] = new JsonArray([.. Passes.Select(row =>
        {
            JsonObject one = row.Pass.ToJson();
            one["count"] = row.Count;
            return one;
        })]),
    };
}
