using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>
/// The local memory of the kernel thread that runs on a host thread: a stack that the next kernel thread begins anew. Nothing is given back
/// before, since a method that asks for memory in a loop is not told from one that asks twice.
/// </summary>
static unsafe class LocalScratch
{
    const int ChunkSize = 1 << 20;

    const int MostChunks = 256;

    const int Alignment = 16;

    // Chunks never move, so that views of them stay valid, and stay with the host thread.
    [ThreadStatic]
    static List<byte[]>? chunks;

    [ThreadStatic]
    static int current;

    [ThreadStatic]
    static int used;

    /// <summary>Called by the emitted loop before each thread of a kernel that uses local memory.</summary>
    public static void Begin() => current = used = 0;

    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(extent);
        long bytes = ((long)extent * sizeof(T) + Alignment - 1) & -Alignment;
        if (bytes > ChunkSize)
            throw new InvalidOperationException($"a thread asks for an array of {bytes} bytes of local memory; {ChunkSize} is the most");
        chunks ??= [NewChunk()];
        if (used + bytes > ChunkSize)
        {
            used = 0;
            if (++current == MostChunks)
            {
                throw new InvalidOperationException($"a thread asks for more than {MostChunks * (ChunkSize >> 20)} MiB of local memory in "
                    + "all; call LocalMemory.Allocate outside of loops");
            }

            if (current == chunks.Count)
                chunks.Add(NewChunk());
        }

        var first = (nint)Unsafe.AsPointer(ref chunks[current][0]);
        var start = (byte*)((first + Alignment - 1) & -Alignment) + used;
        // Undefined contents are made visible: all bits set is NaN for floats.
        new Span<byte>(start, (int)bytes).Fill(0xFF);
        used += (int)bytes;
        return ViewAddress.View<T>((nint)start, extent);
    }

    static byte[] NewChunk() => GC.AllocateUninitializedArray<byte>(ChunkSize + Alignment, pinned: true);
}
