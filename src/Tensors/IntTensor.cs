using Dalle2.Gpu.Runtime;

namespace Dalle2.Tensors;

/// <summary>Integers: tokens, lengths, indices, row-major, in the memory of a device. It does not own the memory: a parameter store or an arena does.</summary>
public sealed class IntTensor
{
    Dictionary<(int Start, Shape Shape), IntTensor>? parts;

    /// <summary>A tensor over a view.</summary>
    /// <exception cref="ArgumentException">The view does not have the shape's length.</exception>
    public IntTensor(ArrayView<int> view, Shape shape)
    {
        if (view.Length != shape.Length)
            throw new ArgumentException($"a view of {view.Length} elements cannot hold a tensor of {shape}");
        View = view;
        Shape = shape;
    }

    /// <summary>The elements.</summary>
    public ArrayView<int> View { get; }

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
    public IntTensor Reshape(params ReadOnlySpan<int> extents) => Reshape(new Shape(extents));

    /// <inheritdoc cref="Reshape(ReadOnlySpan{int})"/>
    public IntTensor Reshape(Shape shape) => shape.Length == Length
        ? Part(0, shape)
        : throw new ArgumentException($"the {Length} elements of {Shape} cannot be given the shape {shape}");

    /// <summary>The elements of index <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of the first axis.</summary>
    public IntTensor Slice(int start, int count) => Part(checked(start * Stride), Shape.With(0, count));

    /// <summary>The elements of one index of the first axis, without that axis.</summary>
    public IntTensor At(int index) => Part(checked(index * Stride), Shape.WithoutFirst());

    /// <summary>Copies host values in.</summary>
    public void Write(Stream stream, ReadOnlySpan<int> values) => stream.Write(values, View);

    /// <summary>Copies the values to the host.</summary>
    public int[] ToArray(Stream stream)
    {
        var values = new int[Length];
        stream.Read<int>(View, values);
        return values;
    }

    int Stride => Shape[0] == 0 ? 0 : Length / Shape[0];

    // A tensor never changes, so that a part that was once asked for serves every step.
    IntTensor Part(int start, Shape shape)
    {
        if (start == 0 && shape == Shape)
            return this;
        parts ??= [];
        if (!parts.TryGetValue((start, shape), out IntTensor? part))
            parts.Add((start, shape), part = new IntTensor(View.Part(start, shape.Length), shape));
        return part;
    }
}
