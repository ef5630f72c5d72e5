using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Dialect;

/// <summary>
/// A view of device memory: an address and a length. Kernels take views by value and read and write through the indexers.
/// On the devices that run on the host, each access is checked against the length.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
public readonly unsafe struct ArrayView<T>
    where T : unmanaged
{
    readonly T* address;
    readonly long length;

    /// <summary>A view of <paramref name="length"/> elements from <paramref name="address"/> on.</summary>
    internal ArrayView(T* address, long length)
    {
        this.address = address;
        this.length = length;
    }

    /// <summary>The number of elements.</summary>
    public long Length => length;

    /// <summary>The number of elements as a 32-bit integer.</summary>
    /// <exception cref="OverflowException">There are 2^31 or more.</exception>
    public int IntLength => checked((int)length);

    /// <summary>True if the view is of any memory.</summary>
    public bool IsValid => address != null;

    /// <summary>The device address of the first element.</summary>
    internal T* Address => address;

    /// <summary>The element at <paramref name="index"/>.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)length)
                ThrowOutside(index);
            return ref address[(nint)(uint)index];
        }
    }

    /// <inheritdoc cref="this[int]"/>
    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)length)
                ThrowOutside(index);
            return ref address[index];
        }
    }

    /// <inheritdoc cref="this[int]"/>
    public ref T this[Index1D index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref this[index.X];
    }

    /// <summary>The part of the view from <paramref name="index"/> on.</summary>
    public ArrayView<T> SubView(long index) => SubView(index, length - index);

    /// <summary>The <paramref name="count"/> elements from <paramref name="index"/> on.</summary>
    public ArrayView<T> SubView(long index, long count)
    {
        if (index < 0 || count < 0 || index > length - count)
            throw new ViewAccessException($"the sub-view [{index}, {index + count}) lies outside a view of {length} elements");
        return new ArrayView<T>(address + index, count);
    }

    /// <summary>The same memory as elements of another type.</summary>
    public ArrayView<TOther> Cast<TOther>()
        where TOther : unmanaged => new((TOther*)address, length * sizeof(T) / sizeof(TOther));

    [DoesNotReturn]
    void ThrowOutside(long index) =>
        throw new ViewAccessException($"index {index} lies outside a view of {length} elements of {typeof(T).Name}");
}

/// <summary>A kernel reached outside of a view.</summary>
public sealed class ViewAccessException(string message) : Exception(message);
