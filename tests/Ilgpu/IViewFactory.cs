namespace Dalle2.IlgpuKernels;

/// <summary>A device's memory as a kernel case sees it. Views with strides are built over these contiguous ones.</summary>
public interface IViewFactory
{
    /// <summary>Allocates memory of the device, copies <paramref name="contents"/> into it and returns a view of all of it.</summary>
    ArrayView<T> Create<T>(T[] contents) where T : unmanaged;

    /// <summary>Copies what a view from <see cref="Create{T}"/> holds now, once all launches are done.</summary>
    T[] Read<T>(ArrayView<T> view) where T : unmanaged;
}
