using Dalle2.Gpu.Runtime;

namespace Dalle2.Tensors;

/// <summary>Floats, row-major, in the memory of a device. It does not own the memory: a parameter store or an arena does.</summary>
public sealed class Tensor
{
    readonly Tensor? whole;
    Dictionary<(int Start, Shape Shape), Tensor>? parts;

    /// <summary>A tensor over a view.</summary>
    /// <exception cref="ArgumentException">The view does not have the shape's length.</exception>
    public Tensor(ArrayView<float> view, Shape shape)
        : this(view, shape, null)
    {
    }

    Tensor(ArrayView<float> view, Shape shape, Tensor? whole)
    {
        if (view.Length != shape.Length)
            throw new ArgumentException($"a view of {view.Length} elements cannot hold a tensor of {shape}");
        View = view;
        Shape = shape;
        this.whole = whole;
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
    public Tensor Reshape(params ReadOnlySpan<int> extents) => Reshape(new Shape(extents));

    /// <inheritdoc cref="Reshape(ReadOnlySpan{int})"/>
    public Tensor Reshape(Shape shape) => shape.Length == Length
        ? Part(0, shape)
        : throw new ArgumentException($"the {Length} elements of {Shape} cannot be given the shape {shape}");

    /// <summary>The elements of index <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of the first axis.</summary>
    public Tensor Slice(int start, int count) => Part(checked(start * Stride), Shape.With(0, count));

    /// <summary>The elements of one index of the first axis, without that axis.</summary>
    public Tensor At(int index) => Part(checked(index * Stride), Shape.WithoutFirst());

    /// <summary>Whether it and another are the same allocation, or parts of one.</summary>
    public bool SharesMemoryWith(Tensor other) => ReferenceEquals(Whole, other.Whole);

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

    /// <summary>The tensor that it was first a part of; itself if of none.</summary>
    internal Tensor Whole => whole ?? this;

    int Stride => Shape[0] == 0 ? 0 : Length / Shape[0];

    // A tensor never changes, so that a part that was once asked for serves every step.
    Tensor Part(int start, Shape shape)
    {
        if (start == 0 && shape == Shape)
            return this;
        parts ??= [];
        if (!parts.TryGetValue((start, shape), out Tensor? part))
            parts.Add((start, shape), part = new Tensor(View.Part(start, shape.Length), shape, Whole));
        return part;
    }
}
