using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Dialect;

/// <summary>Memory that the threads of one group share. Its first contents are undefined.</summary>
public static class SharedMemory
{
    /// <summary>An array of <paramref name="extent"/> elements, a compile-time constant; every thread of the group makes the same calls in the same order.</summary>
    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged => KernelThread.AllocateShared<T>(extent);
}
