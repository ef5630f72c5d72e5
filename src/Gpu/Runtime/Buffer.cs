using Dalle2.Gpu.Dialect;

namespace Dalle2.Gpu.Runtime;

/// <summary>Memory of a device, 64-byte aligned.</summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed unsafe class Buffer<T> : IDisposable
    where T : unmanaged
{
    readonly Device device;
    T* address;

    internal Buffer(Device device, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.device = device;
        Length = length;
        long bytes = Math.Max(1, length) * sizeof(T);
        address = (T*)device.AllocateBytes(bytes);
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
            ObjectDisposedException.ThrowIf(address == null, this);
            return new ArrayView<T>(address, Length);
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
        if (address == null)
            return;
        device.FreeBytes((nint)address, Math.Max(1, Length) * sizeof(T));
        address = null;
    }
}
