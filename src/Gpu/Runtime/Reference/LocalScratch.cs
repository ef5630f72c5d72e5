using Dalle2.Gpu.Dialect;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>The local memory of the kernel thread that runs on a host thread: a stack that the next kernel thread begins anew.</summary>
static unsafe class LocalScratch
{
    /// <summary>The local memory that one thread may hold, in bytes.</summary>
    const int Size = 1 << 20;

    const int Alignment = 64;

    [ThreadStatic]
    static byte[]? memory;

    [ThreadStatic]
    static int used;

    /// <summary>Called by the emitted loop before each thread of a kernel that uses local memory.</summary>
    public static void Begin() => used = 0;

    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(extent);
        memory ??= GC.AllocateUninitializedArray<byte>(Size + Alignment, pinned: true);
        long bytes = (long)extent * sizeof(T);
        if (bytes > Size - used)
            throw new InvalidOperationException($"a thread asks for {used + bytes} bytes of local memory, of which it may have {Size}; is LocalMemory.Allocate called in a loop?");
        var start = (byte*)(((nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref memory[0]) + Alignment - 1) & -Alignment) + used;
        // Undefined contents are made visible: all bits set is NaN for floats.
        new Span<byte>(start, (int)bytes).Fill(0xFF);
        used += (int)((bytes + Alignment - 1) & -Alignment);
        return new ArrayView<T>((T*)start, extent);
    }
}
