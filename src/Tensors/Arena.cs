using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tensors;

/// <summary>
/// Memory for the tensors of one step: allocation moves an offset, <see cref="Reset"/> takes all back at once. After the first step
/// the same sequence of allocations finds the same addresses, and nothing more is asked of the device.
/// </summary>
public sealed class Arena(Device device) : IDisposable
{
    const long BlockBytes = 32 << 20;
    const long Alignment = 64;

    readonly List<Buffer<byte>> blocks = [];
    int block;
    long offset;

    /// <summary>Bytes held.</summary>
    public long CapacityBytes => blocks.Sum(b => b.Length);

    /// <summary>Uninitialised memory, valid until <see cref="Reset"/>.</summary>
    public unsafe ArrayView<T> Allocate<T>(long length)
        where T : unmanaged
    {
        long bytes = (length * sizeof(T) + Alignment - 1) / Alignment * Alignment;
        while (block < blocks.Count && offset + bytes > blocks[block].Length)
        {
            block++;
            offset = 0;
        }

        if (block == blocks.Count)
            blocks.Add(device.Allocate<byte>(Math.Max(BlockBytes, bytes)));
        ArrayView<T> view = blocks[block].View.SubView(offset, length * sizeof(T)).Cast<T>();
        offset += bytes;
        return view;
    }

    /// <summary>Takes back everything that was allocated.</summary>
    public void Reset()
    {
        block = 0;
        offset = 0;
    }

    /// <summary>Overwrites all held memory with a bit pattern (all ones: NaN for floats), so that a read of something never written shows.</summary>
    public void Poison()
    {
        foreach (Buffer<byte> held in blocks)
        {
            var ones = new byte[held.Length];
            Array.Fill(ones, (byte)0xFF);
            device.Stream.Write<byte>(ones, held.View);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Buffer<byte> held in blocks)
            held.Dispose();
        blocks.Clear();
        Reset();
    }
}
