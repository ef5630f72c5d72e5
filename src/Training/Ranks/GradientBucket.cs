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
        int length = LengthOf(stores.Sum(store => store.Gradients.Length), ranks);
        return [.. stores.SelectMany((store, number) => Ranges(store.Gradients.Length, length)
            .Select(range => new GradientBucket(number, range.Offset, range.Length)))];
    }

    /// <summary>The lengths of the buckets of one store.</summary>
    /// <param name="gradients">How many gradients it has.</param>
    /// <param name="ranks">How many ranks exchange them.</param>
    public static IEnumerable<int> Of(long gradients, int ranks) =>
        Ranges(gradients, LengthOf(gradients, ranks)).Select(range => range.Length);

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

    // In whole chunks too.
    static int LengthOf(long all, int ranks)
    {
        long length = ranks == 1 ? int.MaxValue : Math.Clamp((all + Most - 1) / Most, (long)ShortestSlice * ranks, int.MaxValue);
        return (int)(length / ReductionOp.Chunk * ReductionOp.Chunk);
    }

    static IEnumerable<(long Offset, int Length)> Ranges(long gradients, int length)
    {
        for (long offset = 0; offset < gradients; offset += length)
            yield return (offset, (int)Math.Min(length, gradients - offset));
    }
}
