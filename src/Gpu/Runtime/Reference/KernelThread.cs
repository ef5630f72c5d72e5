
namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>What the running kernel thread knows of its place. <see cref="ThreadMembers"/> reads it.</summary>
static class KernelThread
{
    [ThreadStatic]
    static KernelConfig config;

    [ThreadStatic]
    static Index3D gridIndex;

    [ThreadStatic]
    static Index3D groupIndex;

    [ThreadStatic]
    static GroupState? group;

    [ThreadStatic]
    static int linearIndex;

    [ThreadStatic]
    static int allocations;

    [ThreadStatic]
    static int shuffles;

    public static KernelConfig Config => config;

    public static Index3D GridIndex => gridIndex;

    public static Index3D GroupIndex => groupIndex;

    public static void EnterGroup(in KernelConfig launch, int linearGroup, GroupState? state)
    {
        config = launch;
        gridIndex = Unflatten(linearGroup, launch.GridDim);
        group = state;
    }

    /// <summary>What runs next on this host thread may be no group.</summary>
    public static void LeaveGroup() => group = null;

    /// <summary>Called by the emitted loop before each thread of a group.</summary>
    public static void EnterThread(int linearThread)
    {
        groupIndex = Unflatten(linearThread, config.GroupDim);
        linearIndex = linearThread;
        allocations = 0;
        shuffles = 0;
    }

    public static void Barrier() => GroupFor("Group.Barrier()").Wait();

    public static void WarpBarrier() => GroupFor("Warp.Barrier()").WaitForWarp(linearIndex);

    public static T Shuffle<T>(T value, int lane)
        where T : unmanaged => GroupFor("Warp.Shuffle").Shuffle(linearIndex, shuffles++, value, lane);

    public static ArrayView<T> AllocateShared<T>(int extent)
        where T : unmanaged => GroupFor("SharedMemory.Allocate").Shared<T>(allocations++, extent);

    public static ArrayView<T> DynamicShared<T>()
        where T : unmanaged =>
        GroupFor("SharedMemory.GetDynamic").Dynamic<T>(config.SharedMemoryConfig.UsesDynamicSharedMemory
        ? config.SharedMemoryConfig.ArraySize : 0);

    static GroupState GroupFor(string member) => group
        ?? throw new InvalidOperationException(
        $"{member} was called outside of an explicitly grouped kernel; launch it with a KernelConfig");

    static Index3D Unflatten(int linear, Index3D extent)
    {
        int plane = extent.X * extent.Y;
        int rest = linear % plane;
        return new Index3D(rest % extent.X, rest / extent.X, linear / plane);
    }
}
