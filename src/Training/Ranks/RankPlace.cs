namespace Dalle2.Training.Ranks;

/// <summary>Where a rank is.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="Machine">The name of its machine.</param>
/// <param name="Local">Its number among the ranks of the machine, from 0.</param>
/// <param name="OnMachine">How many ranks the machine has.</param>
/// <param name="Threads">Threads that it should take if nothing else is said: its share of the processors that it may use.</param>
public sealed record RankPlace(int Rank, string Machine, int Local, int OnMachine, int Threads)
{
    const string StatusFile = "/proc/self/status";

    const string AllowedLine = "Cpus_allowed_list:";

    /// <summary>The places of all ranks, each of which calls this.</summary>
    /// <param name="communicator">The ranks.</param>
    /// <param name="machine">The name of this rank's machine.</param>
    public static IReadOnlyList<RankPlace> Gather(Communicator communicator, string machine) =>
        Gather(communicator, machine, Environment.ProcessorCount, AllowedProcessors());

    /// <summary>The same, of a rank that may use the named processors.</summary>
    internal static IReadOnlyList<RankPlace> Gather(Communicator communicator, string machine, int processors, string allowed)
    {
        string[] all = communicator.AllGather($"{processors}\n{allowed}\n{machine}");
        (int Processors, string Allowed, string Machine)[] ranks = [.. all.Select(Parse)];
        return [.. ranks.Select((own, rank) =>
        {
            int[] local = [.. Enumerable.Range(0, ranks.Length).Where(other => ranks[other].Machine == own.Machine)];
            // Those that the launcher has bound to processors of their own do not share them.
            int sharing = local.Count(other => ranks[other].Allowed == own.Allowed);
            return new RankPlace(rank, own.Machine, Array.IndexOf(local, rank), local.Length, Math.Max(1, own.Processors / sharing));
        })];
    }

    static (int Processors, string Allowed, string Machine) Parse(string text) =>
        text.Split('\n', 3) is [var processors, var allowed, var machine] ? (int.Parse(processors), allowed, machine)
        : throw new FormatException(text);

    // As the system writes it; empty where it does not tell.
    static string AllowedProcessors()
    {
        IEnumerable<string> lines = File.Exists(StatusFile) ? File.ReadLines(StatusFile) : [];
        return lines.FirstOrDefault(line => line.StartsWith(AllowedLine, StringComparison.Ordinal))?[AllowedLine.Length..].Trim() ?? "";
    }
}
