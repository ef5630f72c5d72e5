namespace Dalle2.IlgpuKernels;

/// <summary>
/// A buffer's contents before and after the launch. As an argument it is an <see cref="ArrayView{T}"/> of all of it;
/// the other members are arguments that view it otherwise. All lengths, extents and strides are in elements.
/// </summary>
/// <param name="contents">What the buffer holds before the launch.</param>
/// <param name="expected">What it must hold afterwards; an input that nobody may touch without it.</param>
public sealed class KernelBuffer<T>(T[] contents, T[]? expected = null) : KernelBuffer where T : unmanaged
{
    /// <summary>What the buffer holds before the launch.</summary>
    public T[] Contents => contents;

    /// <inheritdoc/>
    public override Array Expectation => expected ?? contents;

    /// <summary><see cref="ArrayView1D{T, TStride}"/> with unit stride.</summary>
    public KernelArgument Dense => View(view => (ArrayView1D<T, Stride1D.Dense>)view);

    /// <summary>Every <paramref name="stride"/>-th element, <paramref name="length"/> of them.</summary>
    public KernelArgument Strided(int length, int stride) =>
        View(view => new ArrayView1D<T, Stride1D.General>(view, length, new Stride1D.General(stride)));

    /// <summary>Neighbors in x lie next to each other; a line of x is <paramref name="pitch"/> long, or as long as the extent.</summary>
    public KernelArgument DenseX(int width, int height, int pitch = 0) =>
        View(view => new ArrayView2D<T, Stride2D.DenseX>(view, new LongIndex2D(width, height),
        new Stride2D.DenseX(pitch == 0 ? width : pitch)));

    /// <summary>Neighbors in y lie next to each other; a line of y is <paramref name="pitch"/> long, or as long as the extent.</summary>
    public KernelArgument DenseY(int width, int height, int pitch = 0) =>
        View(view => new ArrayView2D<T, Stride2D.DenseY>(view, new LongIndex2D(width, height),
        new Stride2D.DenseY(pitch == 0 ? height : pitch)));

    /// <summary>Both strides given.</summary>
    public KernelArgument General(Index2D extent, Index2D stride) =>
        View(view => new ArrayView2D<T, Stride2D.General>(view, extent, new Stride2D.General(stride)));

    /// <summary>x fastest, then y, then z.</summary>
    public KernelArgument DenseXY(Index3D extent) =>
        View(view => new ArrayView3D<T, Stride3D.DenseXY>(view, extent, new Stride3D.DenseXY(extent.X, extent.X * extent.Y)));

    /// <summary>z fastest, then y, then x.</summary>
    public KernelArgument DenseZY(Index3D extent) =>
        View(view => new ArrayView3D<T, Stride3D.DenseZY>(view, extent, new Stride3D.DenseZY(extent.Z * extent.Y, extent.Z)));

    /// <summary>All three strides given.</summary>
    public KernelArgument General(Index3D extent, Index3D stride) =>
        View(view => new ArrayView3D<T, Stride3D.General>(view, extent, new Stride3D.General(stride)));

    /// <summary>Whatever <paramref name="build"/> makes of the view of the whole buffer.</summary>
    public KernelArgument View<TArgument>(Func<ArrayView<T>, TArgument> build) where TArgument : struct =>
        new BuiltArgument(memory => build(memory.View(this)));

    /// <inheritdoc/>
    public override object Create(LaunchMemory memory) => memory.View(this);

    /// <inheritdoc/>
    public override Array Read(LaunchMemory memory) => memory.Read(this);
}
