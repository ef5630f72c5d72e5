using Dalle2.Kernels.Shared;
using Dalle2.Layers;

namespace Dalle2.Training.Ranks;

/// <summary>A range of a store's gradients that is exchanged as one.</summary>
/// <param name="Store">Which store of the stage.</param>
/// <param name="Offset">Its first gradient.</param>
/// <param name="Length">How many.</param>
readonly record struct GradientBucket(int Store, long Offset, int Length)
{
    // A shorter slice is all latency, and more buckets than these are all messages.
    const int ShortestSlice = 1 << 14, Most = 256;

    /// <summary>The buckets of some stores.</summary>
    /// <param name="stores">The stores.</param>
    /// <param name="ranks">How many ranks exchange them; for one, each store is one bucket.</param>
    public static GradientBucket[] Of(IReadOnlyList<ParameterStore> stores, int ranks)
    {
        long all = stores.Sum(store => store.Gradients.Length);
        long length = Math.Max((long)ShortestSlice * ranks, (all + Most - 1) / Most) / ReductionOp.Chunk * ReductionOp.Chunk;
        if (ranks == 1 || length > int.MaxValue)
            length = int.MaxValue / ReductionOp.Chunk * ReductionOp.Chunk;
        var buckets = new List<GradientBucket>();
        for (int store = 0; store < stores.Count; store++)
        {
            long end = stores[store].Gradients.Length;
            for (long offset = 0; offset < end; offset += length)
                buckets.Add(new GradientBucket(store, offset, (int)Math.Min(length, end - offset)));
        }

        return [.. buckets];
    }

    /// <summary>
    /// Where a rank's slice of it begins, which that rank sums for all; the slice of the rank behind the last begins at the end. Slices begin at whole chunks of
    /// a sum, so that each has partial sums of its own.
    /// </summary>
    public int Slice(int rank, int ranks) =>
        rank == ranks ? Length : (int)((long)Length * rank / ranks / ReductionOp.Chunk * ReductionOp.Chunk);

    /// <summary>Where all slices begin, and behind them the end.</summary>
    public int[] Slices(int ranks)
    {
        var slices = new int[ranks + 1];
        for (int rank = 0; rank <= ranks; rank++)
            slices[rank] = Slice(rank, ranks);
        return slices;
    }
}
