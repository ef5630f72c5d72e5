using Dalle2.Gpu.Dialect;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>What the running kernel thread knows of its place. The dialect's Grid, Group and SharedMemory read it.</summary>
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
    static int allocations;

    public static KernelConfig Config => config;

    public static Index3D GridIndex => gridIndex;

    public static Index3D GroupIndex => groupIndex;

    public static void EnterGroup(in KernelConfig launch, int linearGroup, GroupState? state)
    {
        config = launch;
        gridIndex = Unflatten(linearGroup, launch.GridDim);
        group = state;
    }

    /// <summary>Called by the emitted loop before each thread of a group.</summary>
    public static void EnterThread(int linearThread)
    {
        groupIndex = Unflatten(linearThread, config.GroupDim);
        allocations = 0;
    }

    public static void Barrier()
    {
        if (group == null)
            throw new InvalidOperationException("Group.Barrier() was called outside of an explicitly grouped kernel; launch it with a KernelConfig");
        group.Wait();
    }

    public static ArrayView<T> AllocateShared<T>(int extent)
        where T : unmanaged
    {
        if (group == null)
            throw new InvalidOperationException("SharedMemory.Allocate was called outside of an explicitly grouped kernel; launch it with a KernelConfig");
        return group.Shared<T>(allocations++, extent);
    }

    static Index3D Unflatten(int linear, Index3D extent)
    {
        int plane = extent.X * extent.Y;
        int rest = linear % plane;
        return new Index3D(rest % extent.X, rest / extent.X, linear / plane);
    }
}
