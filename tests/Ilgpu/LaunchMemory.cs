namespace Dalle2.IlgpuKernels;

/// <summary>The buffers of one launch: each <see cref="KernelBuffer"/> gets memory once, however many arguments view it.</summary>
public sealed class LaunchMemory(IViewFactory factory)
{
    readonly Dictionary<KernelBuffer, object> views = [];

    /// <summary>The buffers that arguments have asked for, in the order in which they did.</summary>
    public IReadOnlyCollection<KernelBuffer> Buffers => views.Keys;

    /// <summary>The contiguous view of a buffer; allocates and fills it the first time.</summary>
    public ArrayView<T> View<T>(KernelBuffer<T> buffer) where T : unmanaged
    {
        if (!views.TryGetValue(buffer, out object? view))
            views.Add(buffer, view = factory.Create(buffer.Contents));
        return (ArrayView<T>)view;
    }

    /// <summary>What a buffer holds now.</summary>
    public T[] Read<T>(KernelBuffer<T> buffer) where T : unmanaged => factory.Read(View(buffer));
}
