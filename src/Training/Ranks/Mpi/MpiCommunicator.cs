using Dalle2.Data;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Training.Ranks.Mpi;

/// <summary>Ranks that <c>mpiexec</c> or another launcher of MPI has started; one rank if it was none.</summary>
public sealed unsafe class MpiCommunicator : Communicator
{
    // MPI may see that a connection is gone before the lifeline does.
    static readonly TimeSpan LifelineDelay = TimeSpan.FromSeconds(2);

    // Among transports of UCX that need their peers to close, some ranks can wait for others that are through.
    static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(20);

    readonly MpiLibrary library;
    readonly Lifeline? lifeline;

    MpiCommunicator(MpiLibrary library, string? notice)
    {
        this.library = library;
        Notice = notice;
        Rank = library.Rank;
        Size = library.Size;
        Machine = library.ProcessorName;
        if (Size > 1)
            lifeline = Lifeline.Open(this, AllGather(Machine));
    }

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <summary>The name of the machine that this rank is on.</summary>
    public string Machine { get; }

    /// <summary>The library in a few words, such as <c>MPICH 4.0.2</c>.</summary>
    public string Library => library.Description;

    /// <inheritdoc/>
    public override bool Reaches(Device device) => device.SharesHostMemory || (device.IsCuda && library.TakesCudaMemory);

    /// <summary>What the user should know about it; null for nothing.</summary>
    public string? Notice { get; }

    /// <summary>Called if MPI itself does not come to its end, long after all ranks are complete; it should end the process, since nothing else will.</summary>
    public Action? EndsNever { get; set; }

    /// <summary>Joins the other ranks.</summary>
    /// <exception cref="UserInputException">There is no MPI library, or one that does not find the ranks which the launcher has started.</exception>
    public static MpiCommunicator Open()
    {
        MpiLauncher? launcher = MpiLauncher.Find();
        RuntimeSignals? signals = RuntimeSignals.Remember();
        MpiLibrary library = MpiLibrary.Load(launcher);
        string? notice = library.Start();
        signals?.Restore();
        if (launcher?.Size is { } size && size != library.Size)
        {
            throw new UserInputException($"{library.Description} does not find the {size} ranks that were started, but {library.Size}: "
                + "it is not the launcher's own. Start with the mpiexec that belongs to it, or name the launcher's library with D2_MPI");
        }

        return new MpiCommunicator(library, notice);
    }

    /// <inheritdoc/>
    public override PendingMessage Send(nint address, int bytes, int to, int tag)
    {
        nint request = 0;
        int code = library.Isend(address, bytes, to, tag, &request);
        return code == 0 ? new PendingMessage(request) : throw Fault(code, "MPI_Isend");
    }

    /// <inheritdoc/>
    public override PendingMessage Receive(nint address, int bytes, int from, int tag)
    {
        nint request = 0;
        int code = library.Irecv(address, bytes, from, tag, &request);
        return code == 0 ? new PendingMessage(request) : throw Fault(code, "MPI_Irecv");
    }

    /// <inheritdoc/>
    public override bool IsDone(ref PendingMessage message)
    {
        nint request = message.Request;
        if (request == 0)
            return true;
        int done = 0;
        int code = library.Test(&request, &done);
        if (code != 0)
            throw Fault(code, "MPI_Test");
        if (done == 0)
            return lifeline?.Lost is { } lost ? throw new RankLostException(lost) : false;
        message = default;
        return true;
    }

    /// <inheritdoc/>
    public override void Abort(int code)
    {
        library.Abort(code);
        Environment.Exit(code);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Who has failed must not wait for the others here, and MPI's end is a thing of all.
        bool good = Size == 1 || (IsComplete && lifeline!.Lost == null);
        if (good)
        {
            lifeline?.SayGoodbye();
            using var watch = new Timer(_ => EndsNever?.Invoke(), null, LongestEnd, Timeout.InfiniteTimeSpan);
            library.Finish();
        }

        lifeline?.Dispose();
    }

    Exception Fault(int code, string function)
    {
        string words = library.Words(code, function);
        return lifeline?.WaitForLoss(LifelineDelay) is { } lost ? new RankLostException(lost) : new IOException(words);
    }
}
