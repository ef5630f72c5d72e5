using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;

namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// What reductions over a group mean: each warp's by shuffles, then the warps' in rising order. ILGPU takes the warps in the order in which they come, which of floats
/// is another sum each time.
/// </summary>
static class GroupExtensionsMeaning
{
    const int MostWarps = 32;

    /// <summary>The reduction over the group, for its first thread.</summary>
    public static T Reduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T> => AllReduce<T, TReduction>(value);

    /// <summary>The reduction over the group, for all threads.</summary>
    public static T AllReduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IScanReduceOperation<T>
    {
        TReduction reduction = default;
        ArrayView<T> warps = SharedMemory.Allocate<T>(MostWarps);
        T ofWarp = WarpExtensions.Reduce<T, TReduction>(value);
        if (Warp.IsFirstLane)
            warps[Warp.WarpIdx] = ofWarp;
        Group.Barrier();
        T all = warps[0];
        for (int warp = 1; warp < (Group.DimX * Group.DimY * Group.DimZ + Warp.WarpSize - 1) / Warp.WarpSize; warp++)
            all = reduction.Apply(all, warps[warp]);
        // Nobody may begin the next reduction before all have read this one.
        Group.Barrier();
        return all;
    }
}
