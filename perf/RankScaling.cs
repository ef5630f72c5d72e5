using System.Text.Json.Nodes;
using Dalle2.Cli;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary>A step over ranks, measured beside one rank with as many threads, and beside its prediction.</summary>
/// <param name="isQuick">Whether a small step is taken a few times.</param>
/// <param name="parts">Parts of a step.</param>
/// <param name="rounds">How often groups take turns.</param>
/// <param name="notice">Hears what is done.</param>
sealed class RankScaling(bool isQuick, int parts, int rounds, Action<string> notice)
{
    readonly int turns = isQuick ? 1 : rounds, steps = isQuick ? 3 : 20, count = isQuick ? 2 : 20;

    /// <summary>Parameters of the step.</summary>
    public long Parameters { get; private set; }

    /// <summary>Two ranks of a thread each: median milliseconds, and those of one rank with two threads.</summary>
    public (double Ranks, double Threads) Pair { get; private set; }

    /// <summary>Of each turn of both, the ratio of the medians.</summary>
    public IReadOnlyList<double> Ratios { get; private set; } = [];

    /// <summary>What two ranks cost by what two threads do: the figure that counts.</summary>
    public double Ratio => Pair.Ranks / Pair.Threads;

    /// <summary>All groups.</summary>
    public IReadOnlyList<RankPoint> Points { get; private set; } = [];

    /// <summary>Why something was left out; empty if nothing was.</summary>
    public IReadOnlyList<string> LeftOut { get; private set; } = [];

    /// <summary>Measures.</summary>
    /// <exception cref="SideFailedException">Ranks cannot be started.</exception>
    public void Run(CancellationToken cancellation)
    {
        if (!RankGroup.CanStart())
            throw new SideFailedException("there is no mpiexec here. Debian: apt-get install mpich");
        var points = new List<RankPoint>();
        var leftOut = new List<string>();
        using (var threads = new RankGroup(1, 2, parts, isQuick))
        using (var ranks = new RankGroup(2, 1, parts, isQuick))
        {
            // Never both at once, and the first turn of each warms it.
            threads.TakeAlone(steps);
            ranks.TakeAlone(steps);
            for (int turn = 0; turn < turns; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                threads.Take(steps);
                ranks.Take(steps);
                ranks.TakeAlone(steps);
                notice($"turn {turn + 1}: {threads.Name} {threads.Turns[turn]:F1} ms, "
                    + $"{ranks.Name} {ranks.Turns[turn]:F1} ms, of which {ranks.Waits[turn]:F1} waiting");
            }

            Parameters = ranks.Parameters;
            Pair = (ranks.Times.Median(), threads.Times.Median());
            Ratios = [.. ranks.Turns.Zip(threads.Turns, (one, other) => one / other)];
            points.Add(RankPoint.Of(threads, null, count));
            points.Add(RankPoint.Of(ranks, null, count));
        }

        points.Add(Measure(1, null, null, cancellation));
        points.Add(Measure(4, null, null, cancellation));
        if (Environment.UserName != "root" || !OperatingSystem.IsLinux())
        {
            leftOut.Add("ranks in network namespaces: only root can make them");
        }
        else
        {
            try
            {
                RankLink? copied = null;
                foreach (string rate in isQuick ? new[] { "none" } : ["none", "1gbit", "100mbit"])
                {
                    points.Add(Measure(2, rate, copied, cancellation));
                    copied ??= points[^1].Cost!.Link;
                }
            }
            catch (SideFailedException fault)
            {
                leftOut.Add($"ranks in network namespaces: {fault.Message}");
            }
        }

        (Points, LeftOut) = (points, leftOut);
    }

    /// <summary>It as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["parameters"] = Parameters,
        ["parts"] = parts,
        ["twoRanksMs"] = Pair.Ranks,
        ["twoThreadsMs"] = Pair.Threads,
        ["ratio"] = Terminal.Number(Ratio),
        ["ratios"] = new JsonArray([.. Ratios.Select(one => Terminal.Number(one))]),
        ["points"] = new JsonArray([.. Points.Select(point => point.ToJson())]),
        ["leftOut"] = new JsonArray([.. LeftOut.Select(one => (JsonNode)one)]),
    };

    RankPoint Measure(int ranks, string? rate, RankLink? copied, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var group = new RankGroup(ranks, 1, parts, isQuick, rate);
        bool isSlow = rate == "100mbit";
        // Short turns: a machine that others use too is faster at one minute than at the next, for what is measured and for what predicts it.
        for (int turn = 0; turn < (isQuick ? 1 : 2 * turns); turn++)
        {
            group.Take(isSlow ? 3 : 5);
            group.TakeAlone(5);
        }

        RankPoint point = RankPoint.Of(group, copied, isSlow ? 3 : count);
        notice($"{group.Name}: {point.Milliseconds:F1} ms{(point.Cost == null ? "" : $", predicted {point.Predicted:F1}")}");
        return point;
    }
}
