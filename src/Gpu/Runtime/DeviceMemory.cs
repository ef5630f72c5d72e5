using ILGPU.Runtime;

namespace Dalle2.Gpu.Runtime;

/// <summary>Memory that this runtime holds, under ILGPU's views. It belongs to no accelerator and does not own what it stands for: a <see cref="Buffer{T}"/> does.</summary>
sealed class DeviceMemory : MemoryBuffer
{
    /// <param name="address">The device address of its first byte.</param>
    /// <param name="bytes">How many bytes.</param>
    public DeviceMemory(nint address, long bytes)
        : base(null!, bytes, 1)
    {
        NativePtr = address;
        // There is nothing to free.
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) => throw NotHere();

    /// <inheritdoc/>
    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        throw NotHere();

    /// <inheritdoc/>
    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        throw NotHere();

    /// <inheritdoc/>
    protected override void DisposeAcceleratorObject(bool disposing)
    {
    }

    static NotSupportedException NotHere() =>
        new(
        "this memory belongs to a Dalle2.Gpu device, not to an ILGPU accelerator; copy with the device's Stream: Write, Read, Copy, Clear");
}
