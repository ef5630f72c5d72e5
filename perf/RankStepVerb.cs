using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Perf;

/// <summary><c>rank-step</c>: one rank of what <c>scale --ranks</c> measures.</summary>
sealed class RankStepVerb : Verb
{
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<int> parts = VerbOptions.Count("--parts", 4, 2, 1024, "Parts of a step, which the ranks divide.");
    readonly Option<bool> quick = VerbOptions.Flag("--quick", "A small step.");

    public RankStepVerb()
        : base("rank-step", "Answer the requests of 'scale --ranks' as one rank of those that mpiexec has started: rank 0 reads and "
            + "answers.")
    {
        foreach (Option option in new Option[] { threads, parts, quick })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples => ["mpiexec -n 2 perf rank-step --threads 1"];

    public override IReadOnlyList<string> Notes => ["The requests are those of perf/RankMember.cs."];

    /// <summary>The extents of the step, with the pictures of all parts.</summary>
    public static TextVaeSize Size(bool isQuick, int parts) =>
        isQuick ? new TextVaeSize(Batch: 2 * parts, Side: 16, Words: 2, Width: 4, Vocabulary: 100, TextFeatures: 16) : new TextVaeSize();

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        using MpiCommunicator ranks = MpiCommunicator.Open();
        using Device device = Known.OpenDevice("cpu", arguments.GetValue(threads));
        int count = arguments.GetValue(parts);
        using var member = new RankMember(device, ranks, Size(arguments.GetValue(quick), count), count);
        while (ranks.Broadcast(ranks.Rank == 0 ? Console.In.ReadLine() ?? "" : null) is { Length: > 0 } line)
        {
            // What fails on one rank ends all of them: the others wait for it.
            JsonObject answer = member.Ask(JsonNode.Parse(line)!.AsObject());
            if (ranks.Rank != 0)
                continue;
            Console.Out.WriteLine(answer.ToJsonString());
            Console.Out.Flush();
        }

        ranks.Complete();
        return ExitCode.Ok;
    }
}
