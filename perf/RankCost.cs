using Dalle2.Training.Ranks;

namespace Dalle2.Perf;

/// <summary>What a message costs.</summary>
/// <param name="Latency">a: seconds from the end of a transfer to its arrival.</param>
/// <param name="SecondsPerByte">b: seconds that a byte occupies the link, each way on its own; 0 where processors copy and nothing else limits.</param>
/// <param name="CopySecondsPerByte">c: seconds of the processor for a byte, of the sender and again of the receiver.</param>
/// <param name="CallSeconds">o: seconds of the processor to begin a message, sent or received.</param>
/// <param name="IsAnnounced">Whether a message is sent only when the receiver has agreed to it, which either notices in its calls alone.</param>
sealed record RankLink(
    double Latency, double SecondsPerByte, double CopySecondsPerByte = 0, double CallSeconds = 0, bool IsAnnounced = false)
{
    /// <summary>Seconds of a message that nothing is done in.</summary>
    public double Waiting => (IsAnnounced ? 3 : 1) * Latency;

    /// <summary>A message alone, between two ranks that send one to each other and wait for both.</summary>
    public double Exchange(double bytes) => Waiting + (IsAnnounced ? 3 : 2) * CallSeconds
        + bytes * (SecondsPerByte + 2 * CopySecondsPerByte);
}

/// <summary>A bucket of gradients.</summary>
/// <param name="Length">Gradients.</param>
/// <param name="Whole">When it is whole, as a share of a part's forward and backward pass.</param>
readonly record struct RankBucket(int Length, double Whole);

/// <summary>
/// What the time of a step over ranks depends on. With A parts, R ranks, N gradients, of which a rank's slice is n = N / R, S sums of all ranks together (R, if parts divide evenly) and s of one:
/// <code>
/// compute     ceil(A / R) p                      p: forward and backward pass of a part
/// embeddings  (R - 1) (a + g b)                  before the backward pass, of contrastive stages alone: g bytes of each rank
/// reduce      s (R - 1) 4 n b + a                each rank sends every other rank that one's slice of its sums
/// merge       (S - 1) n m                        m: adding an element
/// gather      (R - 1) 4 n b + a                  each rank sends its slice to all others
/// host        4 N h (s + 1)                      h: a byte from or to a card's memory; 0 on processors
/// figures     (R - 1) (a + f b)                  f bytes of each rank
/// update      u                                  Adam on every rank in full
/// </code>
/// One bucket that is whole at the end of the pass takes the sum of these, <see cref="Closed"/>: nothing overlaps. Buckets that are whole before hide the exchange behind the pass, as far as <see cref="RankSimulation"/> finds; never
/// below the larger of computing and of the link, <see cref="Floor"/>.
/// </summary>
/// <param name="Parts">A.</param>
/// <param name="Ranks">R.</param>
/// <param name="PartSeconds">p.</param>
/// <param name="UpdateSeconds">u, and all else that each rank does once a step.</param>
/// <param name="Buckets">In the order in which they are whole.</param>
/// <param name="Link">Between machines; between all ranks, if each has a machine of its own.</param>
sealed record RankCost(
    int Parts, int Ranks, double PartSeconds, double UpdateSeconds, IReadOnlyList<RankBucket> Buckets, RankLink Link)
{
    /// <summary>m: seconds to add an element of a sum.</summary>
    public double MergeSeconds { get; init; }

    /// <summary>h: seconds for a byte between the memory of a device and the host's; 0 where they are one.</summary>
    public double HostSecondsPerByte { get; init; }

    /// <summary>f: bytes of figures of a rank.</summary>
    public int FigureBytes { get; init; } = 40;

    /// <summary>g: bytes of embeddings of a rank; 0 for stages without.</summary>
    public int EmbeddingBytes { get; init; }

    /// <summary>Ranks of a machine, neighboring ones.</summary>
    public int OnMachine { get; init; } = 1;

    /// <summary>Between ranks of one machine.</summary>
    public RankLink? Local { get; init; }

    /// <summary>Whether the ranks of a machine share its link to others; if not, each has one.</summary>
    public bool SharesLink { get; init; }

    /// <summary>N.</summary>
    public long Length => Buckets.Sum(bucket => (long)bucket.Length);

    /// <summary>k: the most parts of a rank.</summary>
    public int LargestShare => new PartShare(Parts, Ranks).Largest;

    /// <summary>Sums that a rank brings its parts to.</summary>
    public int SumsOf(int rank)
    {
        var share = new PartShare(Parts, Ranks);
        return new SummationTree(Parts).Of(share.First(rank), share.End(rank)).Count;
    }

    /// <summary>What a rank computes in a step, the exchange aside.</summary>
    public double ComputeSeconds => LargestShare * PartSeconds + UpdateSeconds;

    /// <summary>
    /// The time of a step whose exchange begins when all is computed, as one bucket between machines of one rank: exact for two ranks, and for more where links alone take time (no c, no o), parts divide
    /// evenly, and the length divides into slices. No buckets overlap, so it is about the most that a step takes.
    /// </summary>
    public double Closed()
    {
        if (Ranks == 1)
            return ComputeSeconds;
        int most = Enumerable.Range(0, Ranks).Max(SumsOf), all = Enumerable.Range(0, Ranks).Sum(SumsOf), others = Ranks - 1;
        double slice = (double)Length / Ranks, bytes = sizeof(float) * slice;
        double Phase(int sums) => Link.Waiting + others * sums * (Link.Exchange(bytes) - Link.Waiting);
        return ComputeSeconds + Phase(most) + (all - 1) * slice * MergeSeconds + Phase(1)
            + sizeof(float) * Length * HostSecondsPerByte * (most + 1)
            + others * Link.Exchange(FigureBytes) + (EmbeddingBytes > 0 ? others * Link.Exchange(EmbeddingBytes) : 0);
    }

    /// <summary>What no overlap goes below: computing, or what the busiest link carries.</summary>
    public double Floor()
    {
        double bytes = sizeof(float) * (double)Length / Ranks, outside = Ranks - Math.Min(Ranks, OnMachine);
        double link = 2 * bytes * outside * Link.SecondsPerByte * (SharesLink ? OnMachine : 1);
        double local = Local == null ? 0 : 2 * bytes * (Math.Min(Ranks, OnMachine) - 1) * Local.SecondsPerByte;
        return Math.Max(ComputeSeconds, Math.Max(link, local) + UpdateSeconds);
    }

    /// <summary>The link between two ranks.</summary>
    public RankLink Between(int one, int other) => Local != null && one / OnMachine == other / OnMachine ? Local : Link;
}
