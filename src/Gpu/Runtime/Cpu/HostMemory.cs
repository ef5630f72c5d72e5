using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>Memory of devices that compute on the host. Large blocks ask the system for large pages, since kernels that step from row to row would miss the page tables' cache at each.</summary>
static unsafe partial class HostMemory
{
    const long LargePage = 2 << 20;
    const int AdviseLargePages = 14;

    /// <summary>Uninitialized memory, aligned to a cache line at least.</summary>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public static nint Allocate(long bytes)
    {
        if (bytes < LargePage || !OperatingSystem.IsLinux())
            return (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        long whole = (bytes + LargePage - 1) / LargePage * LargePage;
        nint address = (nint)NativeMemory.AlignedAlloc((nuint)whole, (nuint)LargePage);
        // A wish: where it is not granted the memory is as good as before.
        _ = Advise(address, (nuint)whole, AdviseLargePages);
        return address;
    }

    /// <summary>Gives back what <see cref="Allocate"/> gave.</summary>
    public static void Free(nint address) => NativeMemory.AlignedFree((void*)address);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
