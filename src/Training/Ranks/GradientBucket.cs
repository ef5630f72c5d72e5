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

    // What ranks sum begins at whole cache lines.
    const int Alignment = 16;

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

    /// <summary>Where a rank's slice of it begins, which that rank sums for all; the slice of the rank behind the last begins at the end.</summary>
    public int Slice(int rank, int ranks) => rank == ranks ? Length : (int)((long)Length * rank / ranks / Alignment * Alignment);

    static int LengthOf(long all, int ranks) =>
        ranks == 1 ? int.MaxValue : (int)Math.Min(int.MaxValue, Math.Max((long)ShortestSlice * ranks, (all + Most - 1) / Most));

    static IEnumerable<(long Offset, int Length)> Ranges(long gradients, int length)
    {
        for (long offset = 0; offset < gradients; offset += length)
            yield return (offset, (int)Math.Min(length, gradients - offset));
    }
}
