using System.Runtime.ExceptionServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Ranks;

namespace Dalle2.Tests.Ranks;

/// <summary>
/// Ranks that are threads of this process. A message is done only when it was received, so that what relies on a buffer in between hangs here too; one
/// that is received with another length than it was sent with is an error.
/// </summary>
sealed class ThreadCommunicator : Communicator
{
    readonly World world;

    readonly bool reaches;

    ThreadCommunicator(World world, int rank, bool reaches)
    {
        (this.world, this.reaches) = (world, reaches);
        Rank = rank;
    }

    public override int Rank { get; }

    public override int Size => world.Size;

    /// <summary>Runs the same on each rank, and returns when all are through. A rank that fails is lost to the others; its exception is thrown.</summary>
    /// <param name="size">How many ranks.</param>
    /// <param name="work">What each does.</param>
    /// <param name="reaches">Whether messages are sent from the memory of devices; otherwise by way of the host's, as of a card.</param>
    public static void Run(int size, Action<Communicator> work, bool reaches = true)
    {
        var world = new World(size);
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() => RunRank(world, rank, work, reaches)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        world.First?.Throw();
    }

    public override bool Reaches(Device device) => reaches && base.Reaches(device);

    public override PendingMessage Send(nint address, int bytes, int to, int tag) =>
        Begin(new Message(address, bytes, Rank, to, tag), send: true);

    public override PendingMessage Receive(nint address, int bytes, int from, int tag) =>
        Begin(new Message(address, bytes, from, Rank, tag), send: false);

    public override bool IsDone(ref PendingMessage message)
    {
        if (message == default)
            return true;
        lock (world)
        {
            Message pending = world.Messages[message.Request];
            if (!pending.IsDone)
                return world.Lost is { } lost ? throw new RankLostException(lost) : false;
            world.Messages.Remove(message.Request);
        }

        message = default;
        return true;
    }

    public override void Abort(int code)
    {
        lock (world)
            world.Lost ??= $"rank {Rank} has ended all with {code}";
        throw new RankLostException(world.Lost);
    }

    protected override void Dispose(bool disposing)
    {
    }

    static void RunRank(World world, int rank, Action<Communicator> work, bool reaches)
    {
        using var communicator = new ThreadCommunicator(world, rank, reaches);
        try
        {
            work(communicator);
        }
        catch (Exception fault)
        {
            lock (world)
            {
                world.Lost ??= $"rank {rank} on this machine is gone";
                // Those that only follow from another's are not the reason.
                if (world.First == null || (world.First.SourceException is RankLostException && fault is not RankLostException))
                    world.First = ExceptionDispatchInfo.Capture(fault);
            }
        }
    }

    unsafe PendingMessage Begin(Message message, bool send)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)message.From, (uint)Size, "from");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)message.To, (uint)Size, "to");
        lock (world)
        {
            nint request = ++world.LastRequest;
            world.Messages.Add(request, message);
            List<Message> others = send ? world.Receives : world.Sends;
            // The oldest first: messages of a tag do not overtake each other.
            int at = others.FindIndex(other => (other.From, other.To, other.Tag) == (message.From, message.To, message.Tag));
            if (at < 0)
            {
                (send ? world.Sends : world.Receives).Add(message);
                return new PendingMessage(request);
            }

            Message match = others[at];
            others.RemoveAt(at);
            if (match.Bytes != message.Bytes)
            {
                (int sent, int received) = send ? (message.Bytes, match.Bytes) : (match.Bytes, message.Bytes);
                throw new InvalidOperationException($"rank {message.From} sends {sent} bytes, rank {message.To} receives {received}");
            }

            (Message from, Message to) = send ? (message, match) : (match, message);
            Buffer.MemoryCopy((void*)from.Address, (void*)to.Address, to.Bytes, from.Bytes);
            message.IsDone = match.IsDone = true;
            return new PendingMessage(request);
        }
    }

    sealed class World(int size)
    {
        public int Size { get; } = size;

        public List<Message> Sends { get; } = [];

        public List<Message> Receives { get; } = [];

        public Dictionary<nint, Message> Messages { get; } = [];

        public nint LastRequest { get; set; }

        public string? Lost { get; set; }

        public ExceptionDispatchInfo? First { get; set; }
    }

    sealed record Message(nint Address, int Bytes, int From, int To, int Tag)
    {
        public bool IsDone { get; set; }
    }
}
