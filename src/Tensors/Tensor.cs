using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tensors;

/// <summary>Floats, row-major, in the memory of a device. It does not own the memory: a parameter store or an arena does.</summary>
public sealed class Tensor
{
    /// <summary>A tensor over a view.</summary>
    /// <exception cref="ArgumentException">The view does not have the shape's length.</exception>
    public Tensor(ArrayView<float> view, Shape shape)
    {
        if (view.Length != shape.Length)
            throw new ArgumentException($"a view of {view.Length} elements cannot hold a tensor of {shape}");
        View = view;
        Shape = shape;
    }

    /// <summary>The elements.</summary>
    public ArrayView<float> View { get; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>The number of elements.</summary>
    public int Length => Shape.Length;

    /// <summary>The extent of the last axis; 1 for a scalar.</summary>
    public int Cols => Shape.Rank == 0 ? 1 : Shape[-1];

    /// <summary>The product of all extents but the last.</summary>
    public int Rows => Cols == 0 ? 0 : Length / Cols;

    /// <summary>The same elements in another shape.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Tensor Reshape(params int[] extents) => new(View, new Shape(extents));

    /// <summary>The elements of index <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of the first axis.</summary>
    public Tensor Slice(int start, int count)
    {
        int[] extents = Shape.ToArray();
        int stride = extents[0] == 0 ? 0 : Length / extents[0];
        extents[0] = count;
        return new Tensor(View.SubView((long)start * stride, (long)count * stride), new Shape(extents));
    }

    /// <summary>The elements of one index of the first axis, without that axis.</summary>
    public Tensor At(int index)
    {
        Tensor slice = Slice(index, 1);
        return slice.Reshape(slice.Shape.ToArray()[1..]);
    }

    /// <summary>Copies host values in.</summary>
    public void Write(Stream stream, ReadOnlySpan<float> values) => stream.Write(values, View);

    /// <summary>Copies the values to the host.</summary>
    public float[] ToArray(Stream stream)
    {
        var values = new float[Length];
        stream.Read<float>(View, values);
        return values;
    }

    /// <summary>The value of a tensor of one element.</summary>
    /// <exception cref="ArgumentException">It has more, or none.</exception>
    public float Scalar(Stream stream)
    {
        if (Length != 1)
            throw new ArgumentException($"a tensor of {Shape} is not a scalar");
        Span<float> value = stackalloc float[1];
        stream.Read(View, value);
        return value[0];
    }
}
