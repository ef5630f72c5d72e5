namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>What members of <see cref="Group"/> mean that are no operations of their own, in terms of those that are.</summary>
static class GroupMeaning
{
    /// <summary>The thread's index in its group, X fastest.</summary>
    public static int LinearIndex => (Group.IdxZ * Group.DimY + Group.IdxY) * Group.DimX + Group.IdxX;

    /// <summary>True for the first thread of the group.</summary>
    public static bool IsFirstThread => Group.LinearIndex == 0;

    /// <summary>As a barrier; true if the predicate holds in all threads.</summary>
    public static bool BarrierAnd(bool predicate) => Group.BarrierPopCount(predicate) == Group.DimX * Group.DimY * Group.DimZ;

    /// <summary>As a barrier; true if the predicate holds in any thread.</summary>
    public static bool BarrierOr(bool predicate) => Group.BarrierPopCount(predicate) > 0;

    /// <summary>As a barrier; the number of threads in which the predicate holds.</summary>
    public static int BarrierPopCount(bool predicate)
    {
        ArrayView<int> count = SharedMemory.Allocate<int>(1);
        if (Group.IsFirstThread)
            count[0] = 0;
        Group.Barrier();
        if (predicate)
            Atomic.Add(ref count[0], 1);
        Group.Barrier();
        int result = count[0];
        // Nobody may begin the next count before all have read this one.
        Group.Barrier();
        return result;
    }

    /// <summary>The value of the thread with a linear index in the group, for all; the index is the same in all threads.</summary>
    public static T Broadcast<T>(T value, int groupIndex)
        where T : unmanaged
    {
        ArrayView<T> given = SharedMemory.Allocate<T>(1);
        if (Group.LinearIndex == groupIndex)
            given[0] = value;
        Group.Barrier();
        T result = given[0];
        Group.Barrier();
        return result;
    }
}
