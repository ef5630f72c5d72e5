using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Training.Ranks;

/// <summary>
/// Messages between the ranks of one training: processes that each compute a part of every step. A message is begun, and is done when <see cref="IsDone"/> says so; the memory
/// that it is sent from or received into stays where it is until then. Messages of the same tag from one rank to another arrive in the order in
/// which they were sent. For one thread at a time.
/// </summary>
public abstract class Communicator : IDisposable
{
    /// <summary>The highest tag that a message of a caller can have; those above are the collective operations' own.</summary>
    public const int HighestTag = CollectiveTag - 1;

    // Behind it, whatever is waited for takes its time, and so may the asking.
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    const int CollectiveTag = 32000;

    // Longer messages are cut, since a length in MPI has 31 bits.
    const int LongestMessage = 1 << 30;

    /// <summary>The number of this rank, from 0.</summary>
    public abstract int Rank { get; }

    /// <summary>How many ranks there are.</summary>
    public abstract int Size { get; }

    /// <summary>Whether messages can be sent from the memory of a device, and received into it.</summary>
    public virtual bool Reaches(Device device) => device.SharesHostMemory;

    /// <summary>How long <see cref="Wait"/> has waited, in ticks of a <see cref="Stopwatch"/>.</summary>
    public long Waited { get; private set; }

    /// <summary>Begins to send bytes.</summary>
    /// <param name="address">Where they are.</param>
    /// <param name="bytes">How many; up to 2^30.</param>
    /// <param name="to">The rank that receives them.</param>
    /// <param name="tag">0 to <see cref="HighestTag"/>.</param>
    public abstract PendingMessage Send(nint address, int bytes, int to, int tag);

    /// <summary>Begins to receive bytes; as many as are sent.</summary>
    /// <param name="address">Where they go.</param>
    /// <param name="bytes">How many; up to 2^30.</param>
    /// <param name="from">The rank that sends them.</param>
    /// <param name="tag">0 to <see cref="HighestTag"/>.</param>
    public abstract PendingMessage Receive(nint address, int bytes, int from, int tag);

    /// <summary>Whether a message is done; called again and again, it also moves the others on.</summary>
    /// <param name="message">The message; none from then on, which is always done.</param>
    /// <exception cref="RankLostException">It never will be: a rank is gone.</exception>
    public abstract bool IsDone(ref PendingMessage message);

    /// <summary>Waits until messages are done.</summary>
    /// <exception cref="RankLostException">They never will be: a rank is gone.</exception>
    public void Wait(Span<PendingMessage> messages)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (ref PendingMessage message in messages)
        {
            // Large messages move on only while they are asked for, and ranks may be more than processors.
            var spin = new SpinWait();
            long since = Stopwatch.GetTimestamp();
            while (!IsDone(ref message))
                spin.SpinOnce(Stopwatch.GetElapsedTime(since) < Patience ? -1 : 0);
        }

        Waited += Stopwatch.GetTimestamp() - start;
    }

    /// <summary>Sends values to a rank that receives them, and waits until they are sent.</summary>
    public void Send<T>(ReadOnlySpan<T> values, int to)
        where T : unmanaged => Move(MemoryMarshal.AsBytes(values), to, isSent: true);

    /// <summary>Waits for values from a rank that sends them.</summary>
    public void Receive<T>(Span<T> values, int from)
        where T : unmanaged => Move(MemoryMarshal.AsBytes(values), from, isSent: false);

    /// <summary>Gives all ranks what rank 0 has: bytes of a length that all know.</summary>
    /// <param name="values">Filled, but on rank 0.</param>
    public unsafe void Broadcast(Span<byte> values)
    {
        fixed (byte* first = values)
        {
            for (long at = 0; at < values.Length; at += LongestMessage)
                Broadcast((nint)(first + at), (int)Math.Min(LongestMessage, values.Length - at));
        }
    }

    /// <summary>Gives all ranks a text of rank 0.</summary>
    /// <param name="text">Looked at on rank 0 alone.</param>
    public string Broadcast(string? text)
    {
        byte[] bytes = Rank == 0 ? Encoding.UTF8.GetBytes(text!) : [];
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        Broadcast(length);
        if (Rank != 0)
            bytes = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        Broadcast(bytes.AsSpan());
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Gives all ranks what each has: as many bytes from each.</summary>
    /// <param name="own">What this rank has.</param>
    /// <param name="all">Filled with what all have, in the order of ranks.</param>
    /// <exception cref="ArgumentException">It is not <see cref="Size"/> times as long.</exception>
    public unsafe void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        if (all.Length != (long)own.Length * Size)
            throw new ArgumentException($"{Size} ranks with {own.Length} bytes each do not fill {all.Length}", nameof(all));
        own.CopyTo(all[(Rank * own.Length)..]);
        Span<PendingMessage> pending = stackalloc PendingMessage[2];
        fixed (byte* first = all)
        {
            // In turn r the ranks exchange with those r places away, so that no rank is everybody's at once.
            for (int turn = 1; turn < Size; turn++)
            {
                int to = (Rank + turn) % Size, from = (Rank + Size - turn) % Size;
                for (int at = 0; at < own.Length; at += LongestMessage)
                {
                    int bytes = Math.Min(LongestMessage, own.Length - at);
                    pending[0] = Receive((nint)(first + (long)from * own.Length + at), bytes, from, CollectiveTag);
                    pending[1] = Send((nint)(first + (long)Rank * own.Length + at), bytes, to, CollectiveTag);
                    Wait(pending);
                }
            }
        }
    }

    /// <summary>Gives all ranks what each has: as many values from each.</summary>
    /// <param name="own">What this rank has.</param>
    /// <param name="all">Filled with what all have, in the order of ranks.</param>
    public void AllGather<T>(ReadOnlySpan<T> own, Span<T> all)
        where T : unmanaged => AllGather(MemoryMarshal.AsBytes(own), MemoryMarshal.AsBytes(all));

    /// <summary>Gives all ranks a text of each, in the order of ranks.</summary>
    public string[] AllGather(string text)
    {
        byte[] own = Encoding.UTF8.GetBytes(text);
        var lengths = new int[Size];
        AllGather([own.Length], lengths.AsSpan());
        int longest = lengths.Max();
        var all = new byte[longest * Size];
        Array.Resize(ref own, longest);
        AllGather<byte>(own, all);
        return [.. lengths.Select((length, rank) => Encoding.UTF8.GetString(all, rank * longest, length))];
    }

    /// <summary>
    /// Says that this rank has come to a good end, and waits until all have. One that is disposed without having said so has failed: the others learn that it
    /// is gone.
    /// </summary>
    /// <exception cref="RankLostException">Another one is gone.</exception>
    public void Complete()
    {
        AllGather<byte>([1], new byte[Size]);
        IsComplete = true;
    }

    /// <summary>Ends all ranks at once, without waiting for anything. Does not return.</summary>
    /// <param name="code">The exit code.</param>
    public abstract void Abort(int code);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether all ranks have come to a good end.</summary>
    protected bool IsComplete { get; private set; }

    /// <summary>Comes to an end: with all ranks, if they are <see cref="Complete">complete</see>, otherwise at once.</summary>
    protected abstract void Dispose(bool disposing);

    unsafe void Move(ReadOnlySpan<byte> values, int other, bool isSent)
    {
        Span<PendingMessage> pending = stackalloc PendingMessage[1];
        fixed (byte* first = values)
        {
            for (long at = 0; at < values.Length; at += LongestMessage)
            {
                int bytes = (int)Math.Min(LongestMessage, values.Length - at);
                pending[0] = isSent ? Send((nint)(first + at), bytes, other, CollectiveTag)
                    : Receive((nint)(first + at), bytes, other, CollectiveTag);
                Wait(pending);
            }
        }
    }

    // Along a binomial tree: in each turn all that have it send it on.
    void Broadcast(nint address, int bytes)
    {
        Span<PendingMessage> pending = stackalloc PendingMessage[1];
        for (int have = 1; have < Size; have *= 2)
        {
            if (Rank < have && Rank + have < Size)
                pending[0] = Send(address, bytes, Rank + have, CollectiveTag);
            else if (Rank >= have && Rank < 2 * have)
                pending[0] = Receive(address, bytes, Rank - have, CollectiveTag);
            Wait(pending);
        }
    }
}
