using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Dialect;

/// <summary>The group that the running thread belongs to. Only in explicitly grouped kernels.</summary>
public static class Group
{
    /// <summary>The thread's index in its group along X.</summary>
    public static int IdxX => KernelThread.GroupIndex.X;

    /// <summary>The thread's index in its group along Y.</summary>
    public static int IdxY => KernelThread.GroupIndex.Y;

    /// <summary>The thread's index in its group along Z.</summary>
    public static int IdxZ => KernelThread.GroupIndex.Z;

    /// <summary>Threads of the group along X.</summary>
    public static int DimX => KernelThread.Config.GroupDim.X;

    /// <summary>Threads of the group along Y.</summary>
    public static int DimY => KernelThread.Config.GroupDim.Y;

    /// <summary>Threads of the group along Z.</summary>
    public static int DimZ => KernelThread.Config.GroupDim.Z;

    /// <summary>The thread's index in its group, X fastest.</summary>
    public static int LinearIndex => (IdxZ * DimY + IdxY) * DimX + IdxX;

    /// <summary>True for the first thread of the group.</summary>
    public static bool IsFirstThread => LinearIndex == 0;

    /// <summary>True for the last thread of the group.</summary>
    public static bool IsLastThread => LinearIndex == KernelThread.Config.GroupDim.Size - 1;

    /// <summary>Waits until every thread of the group is here; all must come by.</summary>
    public static void Barrier() => KernelThread.Barrier();

    /// <summary>As <see cref="Barrier"/>; true if the predicate holds in all threads.</summary>
    public static bool BarrierAnd(bool predicate) => BarrierPopCount(predicate) == DimX * DimY * DimZ;

    /// <summary>As <see cref="Barrier"/>; true if the predicate holds in any thread.</summary>
    public static bool BarrierOr(bool predicate) => BarrierPopCount(predicate) > 0;

    /// <summary>As <see cref="Barrier"/>; the number of threads in which the predicate holds.</summary>
    public static int BarrierPopCount(bool predicate)
    {
        ArrayView<int> count = SharedMemory.Allocate<int>(1);
        if (IsFirstThread)
            count[0] = 0;
        Barrier();
        if (predicate)
            Atomic.Add(ref count[0], 1);
        Barrier();
        int result = count[0];
        // Nobody may begin the next count before all have read this one.
        Barrier();
        return result;
    }

    /// <summary>The value of the thread with a linear index in the group, for all; the index is the same in all threads.</summary>
    public static T Broadcast<T>(T value, int groupIndex)
        where T : unmanaged
    {
        ArrayView<T> given = SharedMemory.Allocate<T>(1);
        if (LinearIndex == groupIndex)
            given[0] = value;
        Barrier();
        T result = given[0];
        Barrier();
        return result;
    }
}
