using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Training.Ranks;
using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Cli;

/// <summary><c>ranks</c>: who takes part, and how fast messages between them are.</summary>
sealed class RanksVerb : Verb
{
    readonly Option<double?> seconds = VerbOptions.OptionalNumber("--seconds", 0, 1_000_000,
        "Measure again and again for so long, as a test of machines and network; the last figures are shown, also when it is stopped "
        + "before. [default: once]");

    public RanksVerb()
        : base("ranks", "Show who takes part in a run over several processes or machines, and how fast messages between them are.") =>
        Options.Add(seconds);

    public override IReadOnlyList<string> Examples =>
        ["mpiexec -n 4 dalle2 ranks", "mpiexec -n 8 -hosts node01,node02 dalle2 ranks --seconds 600"];

    public override IReadOnlyList<string> Notes =>
    [
        "Started by mpiexec of MPICH, Intel MPI, MVAPICH, Open MPI or MS-MPI, or by srun; the MPI library that fits is found, and D2_MPI "
        + "names another one. Latency is half the median round trip of a byte, bandwidth the median of messages of 16 MiB, both between "
        + "rank 0 and the rank; all to all is what arrives at all ranks together while each sends to each. The first large message "
        + "between two ranks, and all that each sends to each, is compared with what was sent.",
        "JSON: {library, notice, measured, allToAllGBps, ranks: [{rank, machine, local, onMachine, threads, latencyMicroseconds, "
        + "bandwidthGBps}]}; rank 0 has no latency and no bandwidth, and one rank alone no allToAllGBps: they are null.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        using MpiCommunicator communicator = MpiCommunicator.Open();
        communicator.EndsNever = () =>
        {
            terminal.Notice($"dalle2: rank {communicator.Rank} on {communicator.Machine} ends without MPI, which does not come to its end");
            Environment.Exit(ExitCode.Failed);
        };
        IReadOnlyList<RankPlace> places = RankPlace.Gather(communicator, communicator.Machine);
        var measurement = new RankMeasurement(communicator);
        var between = new (double Microseconds, double BytesPerSecond)[communicator.Size];
        double allToAll = double.NaN, most = arguments.GetValue(seconds) ?? 0;
        bool first = communicator.Rank == 0;
        long start = Stopwatch.GetTimestamp();
        int measured = 0;
        do
        {
            for (int rank = 1; rank < communicator.Size; rank++)
                between[rank] = measurement.Between(rank);
            if (communicator.Size > 1)
                allToAll = measurement.AllToAll();
            if (measured++ == 0 && first && most > 0)
                terminal.Notice($"{communicator.Size} ranks have measured once and go on for {most} seconds");
        }
        while (GoOn(communicator, Stopwatch.GetElapsedTime(start).TotalSeconds < most && !terminal.Cancellation.IsCancellationRequested));
        communicator.Complete();
        if (first)
            Show(terminal, communicator, places, between, allToAll, measured);
        return first && terminal.Cancellation.IsCancellationRequested ? ExitCode.Failed : ExitCode.Ok;
    }

    // Rank 0 has the clock, and the user's ear.
    static bool GoOn(Communicator communicator, bool more)
    {
        Span<byte> answer = [more ? (byte)1 : (byte)0];
        communicator.Broadcast(answer);
        return answer[0] != 0;
    }

    static void Show(Terminal terminal, MpiCommunicator communicator, IReadOnlyList<RankPlace> places,
        (double Microseconds, double BytesPerSecond)[] between, double allToAll, int measured)
    {
        if (communicator.Notice is { } notice)
            terminal.Notice(notice);
        terminal.Result(
            () => new JsonObject
            {
                ["library"] = communicator.Library,
                ["notice"] = communicator.Notice,
                ["measured"] = measured,
                ["allToAllGBps"] = Terminal.Number(allToAll / 1e9),
                ["ranks"] = new JsonArray([.. places.Select(place => new JsonObject
                {
                    ["rank"] = place.Rank,
                    ["machine"] = place.Machine,
                    ["local"] = place.Local,
                    ["onMachine"] = place.OnMachine,
                    ["threads"] = place.Threads,
                    ["latencyMicroseconds"] = place.Rank == 0 ? null : Terminal.Number(between[place.Rank].Microseconds),
                    ["bandwidthGBps"] = place.Rank == 0 ? null : Terminal.Number(between[place.Rank].BytesPerSecond / 1e9),
                })]),
            },
            text =>
            {
                text.Line(communicator.Library);
                text.Table([">rank", "machine", "there", ">threads", ">latency us", ">GB/s"], places.Select(place => (string[])
                [
                    $"{place.Rank}", place.Machine, $"{place.Local + 1} of {place.OnMachine}", $"{place.Threads}",
                    place.Rank == 0 ? "" : $"{between[place.Rank].Microseconds:0.0}",
                    place.Rank == 0 ? "" : $"{between[place.Rank].BytesPerSecond / 1e9:0.00}",
                ]));
                if (places.Count > 1)
                    text.Line($"all to all: {allToAll / 1e9:0.00} GB/s. Every byte arrived as it was sent.");
                else
                    text.Line("One rank alone: start several with mpiexec -n N.");
            });
    }
}
