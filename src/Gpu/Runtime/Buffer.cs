namespace Dalle2.Gpu.Runtime;

/// <summary>Memory of a device, 64-byte aligned.</summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed unsafe class Buffer<T> : IDisposable
    where T : unmanaged
{
    readonly Device device;
    readonly DeviceMemory memory;
    nint address;

    internal Buffer(Device device, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.device = device;
        Length = length;
        long bytes = Math.Max(1, length) * sizeof(T);
        address = device.AllocateBytes(bytes);
        memory = new DeviceMemory(address, bytes);
    }

    /// <summary>Frees the memory if <see cref="Dispose"/> was forgotten.</summary>
    ~Buffer() => Free();

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>All of it.</summary>
    public ArrayView<T> View
    {
        get
        {
            ObjectDisposedException.ThrowIf(address == 0, this);
            return new ArrayView<T>(memory, 0, Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        if (address == 0)
            return;
        device.FreeBytes(address, Math.Max(1, Length) * sizeof(T));
        address = 0;
    }
}
