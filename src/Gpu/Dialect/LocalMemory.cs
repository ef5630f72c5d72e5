using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Dialect;

/// <summary>
/// Memory of one thread. Its first contents are undefined. An array of which every index is known when the kernel is compiled, after loops with
/// a constant number of turns are unrolled, is kept in registers.
/// </summary>
public static class LocalMemory
{
    /// <summary>An array of <paramref name="extent"/> elements, a compile-time constant. Best called outside of loops: on the device <c>reference</c>, each call takes memory until the thread ends.</summary>
    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged => LocalScratch.Allocate<T>(extent);
}
