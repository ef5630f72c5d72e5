namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>
/// Warp shuffles through shared memory, for ILGPU's OpenCL, which has them for one vendor alone and for sub-groups of any size. A warp is 32 threads of the group in a row.
/// All threads of the group must come by, not only those of the warp, since OpenCL has a barrier of the group alone.
/// </summary>
static class WarpExchange
{
    // The largest group.
    const int Threads = 1024;

    /// <summary>The value of a lane of the warp; the thread's own if there is no such lane.</summary>
    public static T Shuffle<T>(T value, int lane)
        where T : unmanaged
    {
        ArrayView<T> all = SharedMemory.Allocate<T>(Threads);
        int own = Group.LinearIndex, from = (own & ~31) + lane;
        all[own] = value;
        Group.Barrier();
        T taken = all[(uint)lane < 32u && from < Group.DimX * Group.DimY * Group.DimZ ? from : own];
        Group.Barrier();
        return taken;
    }

    /// <inheritdoc cref="Shuffle"/>
    public static T Down<T>(T value, int delta)
        where T : unmanaged => Shuffle(value, (Group.LinearIndex & 31) + delta);

    /// <inheritdoc cref="Shuffle"/>
    public static T Up<T>(T value, int delta)
        where T : unmanaged => Shuffle(value, (Group.LinearIndex & 31) - delta);

    /// <inheritdoc cref="Shuffle"/>
    public static T Xor<T>(T value, int mask)
        where T : unmanaged => Shuffle(value, (Group.LinearIndex & 31) ^ mask);
}
