using System.Text.Json.Nodes;
using Dalle2.Cli;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary>A step as measured, and as predicted from what its parts take.</summary>
/// <param name="Name">Ranks, threads, link.</param>
/// <param name="Ranks">How many ranks.</param>
/// <param name="Milliseconds">The median step.</param>
/// <param name="Waited">Milliseconds of a step that rank 0 waited for messages.</param>
/// <param name="Cost">What the prediction is from; null for one rank, which it is measured by.</param>
sealed record RankPoint(string Name, int Ranks, double Milliseconds, double Waited, RankCost? Cost)
{
    // Messages below this are all latency and calls.
    const int Small = 16;

    /// <summary>Milliseconds by the simulation.</summary>
    public double Predicted { get; } = Cost == null ? double.NaN : RankSimulation.Run(Cost) * 1e3;

    /// <summary>The error of it in per cent.</summary>
    public double Error => 100 * (Predicted / Milliseconds - 1);

    /// <summary>Measures what a group's prediction is from.</summary>
    /// <param name="group">The ranks, whose steps are taken.</param>
    /// <param name="copied">The link of the same ranks where no rate limits it; null if none does here.</param>
    /// <param name="count">Repetitions.</param>
    public static RankPoint Of(RankGroup group, RankLink? copied, int count)
    {
        if (group.Ranks == 1)
            return new RankPoint(group.Name, 1, group.Times.Median(), 0, null);
        var (part, update, buckets) = group.Compute(count);
        int slice = buckets[0].Length / group.Ranks;
        double call = group.Messages(Small, count).Seconds / 2;
        var (latency, seconds) = group.Messages(slice, count);
        double bytes = sizeof(float) * (double)slice;
        // Where no link limits messages, processors do: each copies what it sends and what it receives.
        RankLink link = copied == null
            ? new RankLink(latency, 0, Math.Max(0, seconds / 2 - call) / bytes, call)
            : copied with { Latency = latency, SecondsPerByte = seconds / bytes };
        var cost = new RankCost(group.Parts, group.Ranks, part, update, buckets, link) { MergeSeconds = group.Add(slice, count) };
        return new RankPoint(group.Name, group.Ranks, group.Times.Median(), group.Waits.Median(), cost);
    }

    /// <summary>It as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["ranks"] = Ranks,
        ["ms"] = Milliseconds,
        ["waitedMs"] = Waited,
        ["predictedMs"] = Terminal.Number(Predicted),
        ["closedMs"] = Cost == null ? null : Cost.Closed() * 1e3,
        ["floorMs"] = Cost == null ? null : Cost.Floor() * 1e3,
        ["errorPercent"] = Terminal.Number(Error),
        ["partMs"] = Cost?.PartSeconds * 1e3,
        ["updateMs"] = Cost?.UpdateSeconds * 1e3,
        ["latencyUs"] = Cost?.Link.Latency * 1e6,
        ["callUs"] = Cost?.Link.CallSeconds * 1e6,
        ["copyNsPerByte"] = Cost?.Link.CopySecondsPerByte * 1e9,
        ["linkNsPerByte"] = Cost?.Link.SecondsPerByte * 1e9,
        ["addNs"] = Cost?.MergeSeconds * 1e9,
        ["buckets"] = Cost?.Buckets.Count,
    };
}
