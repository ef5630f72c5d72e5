using Dalle2.Gpu.Runtime;

namespace Dalle2.Tensors;

/// <summary>Floats, row-major, in the memory of a device, of 32 bits or, between layers that say so, of 16. It does not own the memory: a parameter store or an arena does.</summary>
public sealed class Tensor
{
    /// <summary>The last extent of a tensor in <see cref="ElementType.BFloat16"/> is a multiple of it: 16 bytes, which are copied in one piece.</summary>
    public const int BrainFloatMultiple = 8;

    readonly ArrayView<float> words;
    readonly Tensor? whole;
    Dictionary<(int Start, Shape Shape), Tensor>? parts;

    /// <summary>A tensor over a view.</summary>
    /// <exception cref="ArgumentException">The view does not have the shape's length.</exception>
    public Tensor(ArrayView<float> view, Shape shape)
        : this(view, shape, ElementType.Float32)
    {
    }

    /// <summary>A tensor over the words of its elements: a word each, or for two of 16 bits.</summary>
    /// <exception cref="ArgumentException">The view does not have the shape's length, or an extent does not suit the type.</exception>
    public Tensor(ArrayView<float> words, Shape shape, ElementType type)
        : this(words, shape, type, null)
    {
    }

    Tensor(ArrayView<float> words, Shape shape, ElementType type, Tensor? whole)
    {
        if (words.Length != Words(shape, type))
            throw new ArgumentException($"a view of {words.Length} words cannot hold a tensor of {shape} in {type}");
        this.words = words;
        Shape = shape;
        Type = type;
        this.whole = whole;
    }

    /// <summary>What the elements are kept in.</summary>
    public ElementType Type { get; }

    /// <summary>The elements, floats of 32 bits.</summary>
    /// <exception cref="InvalidOperationException">They are kept in 16 bits.</exception>
    public ArrayView<float> View => Type == ElementType.Float32 ? words
        : throw new InvalidOperationException($"a tensor of {Shape} is kept in {Type}: it is read by its words, or converted first");

    /// <summary>The words that hold the elements: one each, or one for two neighbors of 16 bits.</summary>
    public ArrayView<float> WordView => words;

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
        var values = new float[words.Length];
        stream.Read<float>(words, values);
        return Type == ElementType.Float32 ? values : [.. values.SelectMany(Halves)];
    }

    /// <summary>Words of 32 bits that a tensor takes.</summary>
    /// <exception cref="ArgumentException">The last extent does not suit the type.</exception>
    public static int Words(Shape shape, ElementType type) => type == ElementType.Float32 ? shape.Length
        : shape.Rank > 0 && shape[-1] % BrainFloatMultiple == 0 ? shape.Length / 2
        : throw new ArgumentException($"in {type}, the last extent of {shape} must be a multiple of {BrainFloatMultiple}");

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

    static IEnumerable<float> Halves(float word)
    {
        uint bits = BitConverter.SingleToUInt32Bits(word);
        return [BitConverter.UInt32BitsToSingle(bits << 16), BitConverter.UInt32BitsToSingle(bits & 0xFFFF0000)];
    }

    // A tensor never changes, so that a part that was once asked for serves every step.
    Tensor Part(int start, Shape shape)
    {
        if (start == 0 && shape == Shape)
            return this;
        parts ??= [];
        if (!parts.TryGetValue((start, shape), out Tensor? part))
        {
            int first = Type == ElementType.Float32 ? start : start / 2;
            parts.Add((start, shape), part = new Tensor(words.Part(first, Words(shape, Type)), shape, Type, Whole));
        }

        return part;
    }
}
