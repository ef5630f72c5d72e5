using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;
using ILGPU;

namespace Dalle2.Training.Ranks;

/// <summary>
/// The optimizer's state in slices: each rank keeps the moments of its own slices of the buckets, and changes the values there, which all ranks then get. The norm of all
/// gradients is of partial sums that each rank has of its own slices, so that it has the bits of one process.
/// </summary>
sealed class OptimizerShards
{
    readonly Device device;
    readonly Communicator ranks;
    readonly ParameterStore[] stores;
    readonly SliceGather[] values;
    readonly (int Store, long Offset, int Length)[][] ranges;
    readonly long[] firstPartials;
    readonly float[] ownPartials;
    readonly float[] allPartials;

    /// <summary>Divides some stores.</summary>
    /// <param name="device">Where they are.</param>
    /// <param name="stores">The stores.</param>
    /// <param name="ranks">The ranks, two at least.</param>
    public OptimizerShards(Device device, ParameterStore[] stores, Communicator ranks)
    {
        (this.device, this.stores, this.ranks) = (device, stores, ranks);
        GradientBucket[] buckets = GradientBucket.Of(stores, ranks.Size);
        values = [.. buckets.Select((bucket, i) => new SliceGather(device, ranks, bucket,
            new Tensor(stores[bucket.Store].Values.Part(bucket.Offset, bucket.Length), new Shape(bucket.Length)), 2 * i + 1))];
        ranges = [.. Enumerable.Range(0, ranks.Size).Select(rank => RangesOf(buckets, rank, ranks.Size))];
        firstPartials = new long[stores.Length];
        for (int store = 1; store < stores.Length; store++)
            firstPartials[store] = firstPartials[store - 1] + ReductionOp.Partials(stores[store - 1].Gradients.Length);
        int most = Enumerable.Range(0, ranks.Size).Max(rank => Of(rank).Sum(range => ReductionOp.Partials(range.Length)));
        (ownPartials, allPartials) = (new float[most], new float[most * ranks.Size]);
    }

    /// <summary>The ranges that a rank keeps: store, first value, length.</summary>
    public (int Store, long Offset, int Length)[] Of(int rank) => ranges[rank];

    /// <summary>Gives all ranks the partial sums that each has of its own slices.</summary>
    public void GatherPartials(ArrayView<float> partials)
    {
        int at = 0;
        foreach (var (store, offset, length) in Of(ranks.Rank))
        {
            int count = ReductionOp.Partials(length);
            device.Stream.Read(partials.Part(firstPartials[store] + offset / ReductionOp.Chunk, count), ownPartials.AsSpan(at, count));
            at += count;
        }

        ranks.AllGather<float>(ownPartials, allPartials);
        for (int rank = 0; rank < ranks.Size; rank++)
        {
            at = rank * ownPartials.Length;
            foreach (var (store, offset, length) in Of(rank))
            {
                int count = ReductionOp.Partials(length);
                device.Stream.Write<float>(
                    allPartials.AsSpan(at, count), partials.Part(firstPartials[store] + offset / ReductionOp.Chunk, count));
                at += count;
            }
        }
    }

    /// <summary>Gives all ranks the values that each has changed.</summary>
    public void GatherValues()
    {
        foreach (SliceGather bucket in values)
            bucket.Begin(isCopied: false);
        foreach (SliceGather bucket in values)
            bucket.Finish();
    }

    /// <summary>Brings moments of all ranks to rank 0.</summary>
    /// <param name="own">Those of the own slices, one behind the other.</param>
    /// <returns>On rank 0 those of each store; on others, nothing.</returns>
    public float[][] Gather(ArrayView<float> own) => Move(own, stores.Select(store => new float[store.Values.Length]), toRank0: true);

    /// <summary>Brings moments from rank 0 to all ranks.</summary>
    /// <param name="all">On rank 0 those of each store.</param>
    /// <param name="own">Gets those of the own slices, one behind the other.</param>
    public void Scatter(IEnumerable<float[]> all, ArrayView<float> own) => Move(own, all, toRank0: false);

    static (int Store, long Offset, int Length)[] RangesOf(GradientBucket[] buckets, int rank, int ranks) =>
    [
        .. buckets.Select(bucket => (bucket.Store, bucket.Offset + bucket.Slice(rank, ranks),
            bucket.Slice(rank + 1, ranks) - bucket.Slice(rank, ranks))).Where(range => range.Item3 > 0),
    ];

    float[][] Move(ArrayView<float> own, IEnumerable<float[]> all, bool toRank0)
    {
        float[] mine = new float[own.Length];
        if (toRank0)
            device.Stream.Read<float>(own, mine);
        float[][] whole = [];
        if (ranks.Rank == 0)
        {
            whole = [.. all];
            for (int rank = 0; rank < ranks.Size; rank++)
            {
                float[] theirs = rank == 0 ? mine : new float[Of(rank).Sum(range => range.Length)];
                if (rank > 0 && toRank0)
                    ranks.Receive<float>(theirs, rank);
                int at = 0;
                foreach (var (store, offset, length) in Of(rank))
                {
                    Span<float> part = whole[store].AsSpan((int)offset, length), piece = theirs.AsSpan(at, length);
                    (toRank0 ? piece : part).CopyTo(toRank0 ? part : piece);
                    at += length;
                }

                if (rank > 0 && !toRank0)
                    ranks.Send<float>(theirs, rank);
            }
        }
        else if (toRank0)
        {
            ranks.Send<float>(mine, 0);
        }
        else
        {
            ranks.Receive<float>(mine, 0);
        }

        if (!toRank0)
            device.Stream.Write<float>(mine, own);
        return whole;
    }
}
