using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Runtime;

/// <summary>Between ILGPU's views and addresses.</summary>
static unsafe class ViewAddress
{
    /// <summary>The device address of a view's first element; 0 if it is of no memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Of<T>(ArrayView<T> view)
        where T : unmanaged => Of<ArrayView<T>>(ref view);

    /// <summary>A view of <paramref name="length"/> elements at an address.</summary>
    public static ArrayView<T> View<T>(nint address, long length)
        where T : unmanaged => address == 0 ? default : new ArrayView<T>(new DeviceMemory(address, length * sizeof(T)), 0, length);

    // The interface's members are explicit: a constrained call reaches them without boxing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static nint Of<TView>(ref TView view)
        where TView : struct, IContiguousArrayView => view.Buffer is { } memory ? memory.NativePtr + (nint)view.IndexInBytes : 0;
}
