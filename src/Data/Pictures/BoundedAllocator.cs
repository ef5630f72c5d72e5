using System.Buffers;
using System.Runtime.CompilerServices;
using SixLabors.ImageSharp.Memory;

namespace Dalle2.Data.Pictures;

/// <summary>The memory that one picture's decoding may hold at a time. It is zeroed, so that what a decoder leaves out is not what was there before.</summary>
sealed class BoundedAllocator(long limit) : MemoryAllocator
{
    long held;

    protected override int GetBufferCapacityInBytes() => Array.MaxLength;

    public override IMemoryOwner<T> Allocate<T>(int length, AllocationOptions options = AllocationOptions.None)
    {
        long bytes = (long)length * Unsafe.SizeOf<T>();
        if (length < 0 || bytes > limit - Interlocked.Read(ref held))
            throw new InvalidMemoryOperationException($"more than {limit} bytes are asked for");
        Interlocked.Add(ref held, bytes);
        return new Owner<T>(this, new T[length], bytes);
    }

    sealed class Owner<T>(BoundedAllocator allocator, T[] array, long bytes) : IMemoryOwner<T>
    {
        bool disposed;

        public Memory<T> Memory { get; } = array;

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                Interlocked.Add(ref allocator.held, -bytes);
            }
        }
    }
}
