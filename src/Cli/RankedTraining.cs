using Dalle2.Data;
using Dalle2.Training.Ranks;
using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Cli;

/// <summary>What <c>--data-parallel</c> adds to a training: the ranks that mpiexec has started, of which rank 0 alone speaks.</summary>
sealed class RankedTraining : IDisposable
{
    const string OwnCard = ":local";

    readonly MpiCommunicator communicator;
    readonly RankPlace place;

    RankedTraining(MpiCommunicator communicator)
    {
        this.communicator = communicator;
        IReadOnlyList<RankPlace> places = RankPlace.Gather(communicator, communicator.Machine);
        place = places[communicator.Rank];
        Ranks = new TrainingRanks(communicator, [.. places.Select(one => one.Machine)], Application.Build);
    }

    /// <summary>The ranks.</summary>
    public TrainingRanks Ranks { get; }

    /// <summary>Joins the other ranks.</summary>
    /// <exception cref="UserInputException">They cannot be reached; the message says what to install.</exception>
    public static RankedTraining Join(Terminal terminal)
    {
        var joined = new RankedTraining(MpiCommunicator.Open());
        MpiCommunicator communicator = joined.communicator;
        if (!joined.Ranks.Leads)
            return joined;
        if (communicator.Notice is { } notice)
            terminal.Notice(notice);
        terminal.Notice(communicator.Size == 1 ? "one rank alone: start several with mpiexec -n N"
            : $"{communicator.Size} ranks, by {communicator.Library}");
        return joined;
    }

    /// <summary>A device's name, on this rank: <c>cuda:local</c> is the card of its number among the machine's ranks.</summary>
    public string DeviceOf(string name) =>
        name.EndsWith(OwnCard, StringComparison.Ordinal) ? $"{name[..^OwnCard.Length]}:{place.Local}" : name;

    /// <summary>Threads of this rank: what was given, or its share of the machine's processors.</summary>
    public int ThreadsOf(string device, int given) => given == 0 && device.Split(':')[0] == "cpu" ? place.Threads : given;

    /// <summary>Trains, and ends with the other ranks. What ends all of them is said by rank 0, what ends another by that one.</summary>
    public int Run(Terminal terminal, Func<int> train)
    {
        int code = ExitCode.Failed;
        string? told = null;
        communicator.EndsNever = () =>
        {
            if (told != null)
                terminal.Notice($"dalle2: {told}");
            terminal.Notice($"dalle2: rank {place.Rank} on {place.Machine} ends without MPI, which does not come to its end; nothing is "
                + "lost");
            Environment.Exit(code);
        };
        try
        {
            code = train();
            communicator.Complete();
            return code;
        }
        catch (Exception fault)
        {
            (code, string message) = Application.Sentence(fault);
            told = Ranks.Leads ? message : null;
            if (!Ranks.HasHeard && code == ExitCode.Usage)
                Ranks.Refuse($"cannot take part: {message}");
            Ranks.End();
            if (Ranks.IsTogether)
                Complete();
            // Who is lost, rank 0 says, which then still saves something.
            if (Ranks.Leads || fault is RankLostException)
                throw;
            if (Ranks.IsTogether)
                return code = ExitCode.Ok;
            terminal.Notice($"dalle2: rank {place.Rank} on {place.Machine}: {message}");
            return code;
        }
    }

    // Behind a fault, that one is what is told.
    void Complete()
    {
        try
        {
            communicator.Complete();
        }
        catch (RankLostException)
        {
            // Another has failed in its own way.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => communicator.Dispose();
}
