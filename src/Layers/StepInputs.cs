using System.Runtime.InteropServices;

namespace Dalle2.Layers;

/// <summary>
/// The small things that a step takes from the host: tokens, lengths, its number, the learning rate. They are gathered on the host and copied to the
/// device at once. The same lengths in the same order lie at the same addresses in every step.
/// </summary>
sealed class StepInputs(Device device) : IDisposable
{
    const int SmallestBlock = 1 << 18;
    const int Alignment = 64;

    // The last one is in use; what lies in those before may be held by recordings.
    readonly List<Buffer<byte>> blocks = [];
    readonly Dictionary<(int Block, int Offset, Shape Shape), Tensor> tensors = [];
    readonly Dictionary<(int Block, int Offset, Shape Shape), IntTensor> intTensors = [];
    byte[] gathered = [];
    int used;

    /// <summary>Bytes of device memory held.</summary>
    public long CapacityBytes => blocks.Sum(block => block.Length);

    /// <summary>Begins a step.</summary>
    public void Begin() => used = 0;

    /// <summary>Takes values for <see cref="Copy"/>.</summary>
    public Tensor Add(ReadOnlySpan<float> values, Shape shape)
    {
        int offset = Gather(MemoryMarshal.AsBytes(values));
        if (!tensors.TryGetValue((blocks.Count, offset, shape), out Tensor? tensor))
        {
            ArrayView<float> view = blocks[^1].View.Part(offset, values.Length * sizeof(float)).Cast<float>();
            tensors.Add((blocks.Count, offset, shape), tensor = new Tensor(view, shape));
        }

        return tensor;
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{float}, Shape)"/>
    public IntTensor Add(ReadOnlySpan<int> values, Shape shape)
    {
        int offset = Gather(MemoryMarshal.AsBytes(values));
        if (!intTensors.TryGetValue((blocks.Count, offset, shape), out IntTensor? tensor))
        {
            ArrayView<int> view = blocks[^1].View.Part(offset, values.Length * sizeof(int)).Cast<int>();
            intTensors.Add((blocks.Count, offset, shape), tensor = new IntTensor(view, shape));
        }

        return tensor;
    }

    /// <summary>Copies what was gathered to the device.</summary>
    public void Copy()
    {
        if (used > 0)
            device.Stream.Write<byte>(gathered.AsSpan(0, used), blocks[^1].View.Part(0, used));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Buffer<byte> block in blocks)
            block.Dispose();
    }

    int Gather(ReadOnlySpan<byte> values)
    {
        int bytes = checked((values.Length + Alignment - 1) / Alignment * Alignment);
        if (gathered.Length - used < bytes)
        {
            Copy();
            used = 0;
            gathered = new byte[Math.Max(Math.Max(SmallestBlock, 2 * gathered.Length), bytes)];
            blocks.Add(device.Allocate<byte>(gathered.Length));
        }

        values.CopyTo(gathered.AsSpan(used));
        int offset = used;
        used += bytes;
        return offset;
    }
}
