using System.Diagnostics;
using Dalle2.Training.Ranks;

namespace Dalle2.Cli;

/// <summary>Measures messages between ranks: each calls the same. What arrives is compared with what was sent.</summary>
sealed unsafe class RankMeasurement(Communicator communicator)
{
    const int RoundTrips = 200;

    const int Messages = 5;

    const int MessageBytes = 16 << 20;

    // Of all ranks together, for what one rank holds.
    const int MostAllBytes = 64 << 20;

    const int Tag = 1;

    // Pinned, as messages are under way while nothing holds them.
    readonly byte[] sent = GC.AllocateUninitializedArray<byte>(MessageBytes, pinned: true);
    readonly byte[] received = GC.AllocateUninitializedArray<byte>(MessageBytes, pinned: true);

    /// <summary>Between rank 0 and another: microseconds that a small message takes, bytes per second of a large one; known to rank 0.</summary>
    public (double Microseconds, double BytesPerSecond) Between(int other)
    {
        if (communicator.Rank != 0 && communicator.Rank != other)
            return default;
        bool first = communicator.Rank == 0;
        int peer = first ? other : 0;
        Exchange(first, peer, 1, 1);
        double[] small = new double[RoundTrips];
        for (int i = 0; i < small.Length; i++)
            small[i] = Exchange(first, peer, 1, 1);
        double[] large = new double[Messages];
        Fill(sent, communicator.Rank);
        Exchange(first, peer, MessageBytes, MessageBytes);
        Check(received, peer);
        for (int i = 0; i < large.Length; i++)
            large[i] = Exchange(first, peer, MessageBytes, 1);
        return (Median(small) / 2 * 1e6, MessageBytes / Median(large));
    }

    /// <summary>Bytes per second that arrive at all ranks together while each sends to each; known to rank 0.</summary>
    public double AllToAll()
    {
        int size = communicator.Size, block = Math.Min(4 << 20, MostAllBytes / size);
        byte[] all = new byte[block * size];
        double[] times = new double[Messages];
        Fill(sent.AsSpan(0, block), communicator.Rank);
        for (int i = 0; i < times.Length; i++)
        {
            Meet();
            long start = Stopwatch.GetTimestamp();
            communicator.AllGather<byte>(sent.AsSpan(0, block), all);
            Meet();
            times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            for (int rank = 0; rank < size; rank++)
                Check(all.AsSpan(rank * block, block), rank);
            all.AsSpan().Clear();
        }

        return (double)block * size * (size - 1) / Median(times);
    }

    // A message there and one back, in seconds.
    double Exchange(bool first, int peer, int there, int back)
    {
        Span<PendingMessage> pending = stackalloc PendingMessage[1];
        fixed (byte* from = sent, to = received)
        {
            long start = Stopwatch.GetTimestamp();
            for (int turn = 0; turn < 2; turn++)
            {
                int bytes = turn == 0 ? there : back;
                pending[0] = first == (turn == 0) ? communicator.Send((nint)from, bytes, peer, Tag)
                    : communicator.Receive((nint)to, bytes, peer, Tag);
                communicator.Wait(pending);
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    void Meet() => communicator.AllGather<byte>([1], new byte[communicator.Size]);

    static void Fill(Span<byte> bytes, int rank)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = Pattern(i, rank);
    }

    void Check(ReadOnlySpan<byte> bytes, int rank)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            byte expected = Pattern(i, rank);
            if (bytes[i] != expected)
            {
                throw new IOException($"byte {i} of a message from rank {rank} to rank {communicator.Rank} was {expected} and arrived as "
                    + $"{bytes[i]}");
            }
        }
    }

    // Each of its bytes says which it is, and whose.
    static byte Pattern(int i, int rank) => (byte)(i * 31 + (i >> 8) * 17 + (i >> 16) * 7 + rank * 101);

    static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
