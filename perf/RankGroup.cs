using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Training.Ranks;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary>Ranks that were started together, and are asked for steps: those of <see cref="RankStepVerb"/>. They do nothing until they are asked.</summary>
sealed class RankGroup : IDisposable
{
    const int Bytes = sizeof(float);

    readonly ProcessSide side;
    readonly List<double> times = [];
    readonly List<double> alone = [];
    readonly List<double> medians = [];
    readonly List<double> waits = [];

    /// <summary>Starts them.</summary>
    /// <param name="ranks">How many.</param>
    /// <param name="threads">Of each.</param>
    /// <param name="parts">Parts of a step.</param>
    /// <param name="isQuick">Whether the step is a small one.</param>
    /// <param name="rate">The rate of the link between two namespaces; null starts them on this machine.</param>
    /// <exception cref="SideFailedException">There is no mpiexec.</exception>
    public RankGroup(int ranks, int threads, int parts, bool isQuick, string? rate = null)
    {
        (Ranks, Threads, Parts, Rate) = (ranks, threads, parts, rate);
        string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        string[] start = rate == null ? ["mpiexec", "-n", Text(ranks)] : [Path.Combine(ResultHeader.Root, "perf", "ranks-netns"), rate];
        string[] program = [host, typeof(RankGroup).Assembly.Location, "rank-step", "--threads", Text(threads), "--parts", Text(parts)];
        side = new ProcessSide(Name, start[0], [.. start[1..], .. program, .. isQuick ? ["--quick"] : Array.Empty<string>()], []);
        Parameters = (long)side.Ask(new JsonObject { ["do"] = "hello" })["parameters"]!;
    }

    /// <summary>How many ranks.</summary>
    public int Ranks { get; }

    /// <summary>Threads of each.</summary>
    public int Threads { get; }

    /// <summary>Parts of a step.</summary>
    public int Parts { get; }

    /// <summary>The rate of their link; null on one machine.</summary>
    public string? Rate { get; }

    /// <summary>Parameters that are trained.</summary>
    public long Parameters { get; }

    /// <summary>In words.</summary>
    public string Name => $"{Ranks} {(Ranks == 1 ? "rank" : "ranks")}, {Threads} {(Threads == 1 ? "thread" : "threads")}"
        + (Rate == null ? "" : Rate == "none" ? ", tcp" : $", tcp at {Rate}");

    /// <summary>Milliseconds of all steps so far.</summary>
    public IReadOnlyList<double> Times => times;

    /// <summary>The median of each turn.</summary>
    public IReadOnlyList<double> Turns => medians;

    /// <summary>Milliseconds of a step that rank 0 waited for messages, of each turn.</summary>
    public IReadOnlyList<double> Waits => waits;

    /// <summary>Takes steps.</summary>
    public void Take(int steps)
    {
        JsonObject answer = side.Ask(new JsonObject { ["do"] = "steps", ["count"] = steps });
        double[] turn = Numbers(answer["ms"]!);
        times.AddRange(turn);
        medians.Add(turn.Median());
        waits.Add((double)answer["waited"]!);
    }

    /// <summary>Lets all ranks compute their shares of steps without exchanging anything: a turn of what <see cref="Compute"/> gives.</summary>
    public void TakeAlone(int steps) =>
        alone.AddRange(Numbers(side.Ask(new JsonObject { ["do"] = "alone", ["count"] = steps })["ms"]!));

    /// <summary>
    /// Seconds of a part's pass, and of what a rank does once a step, while all ranks compute; and in which order and when buckets are whole. The seconds of a share of the parts and of the update together are
    /// measured as one; how they divide, by passes alone.
    /// </summary>
    public (double Part, double Update, RankBucket[] Buckets) Compute(int count)
    {
        JsonObject answer = side.Ask(new JsonObject { ["do"] = "whole", ["count"] = count });
        int share = new PartShare(Parts, Ranks).Largest;
        double all = alone.Median() / 1e3, part = Math.Min((double)answer["pass"]! / 1e3, all / share);
        return (part, all - share * part,
        [
            .. Numbers(answer["lengths"]!).Zip(Numbers(answer["shares"]!), (length, whole) => new RankBucket((int)length, whole))
                .OrderBy(bucket => bucket.Whole),
        ]);
    }

    /// <summary>Seconds to add an element.</summary>
    public double Add(int length, int count) =>
        (double)side.Ask(new JsonObject { ["do"] = "host", ["bytes"] = length * Bytes, ["count"] = count })["add"]!;

    /// <summary>The latency of a small message, and the seconds that one of a size takes among many that come and go at once.</summary>
    public (double Latency, double Seconds) Messages(int length, int count)
    {
        JsonObject answer = side.Ask(new JsonObject { ["do"] = "messages", ["bytes"] = length * Bytes, ["count"] = count });
        return ((double)answer["latency"]!, (double)answer["seconds"]!);
    }

    /// <inheritdoc/>
    public void Dispose() => side.Dispose();

    /// <summary>Whether there is a program that starts ranks.</summary>
    public static bool CanStart()
    {
        try
        {
            using Process? found = Process.Start(
                new ProcessStartInfo("mpiexec", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            found!.StandardOutput.ReadToEnd();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    static double[] Numbers(JsonNode values) => [.. values.AsArray().Select(value => (double)value!)];

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
