namespace Dalle2.Tensors;

/// <summary>The extents of a tensor, slowest axis first.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    readonly int[] extents;

    /// <summary>A shape of the given extents.</summary>
    /// <exception cref="ArgumentException">An extent is negative or the product exceeds 2^31 - 1.</exception>
    public Shape(params int[] extents)
    {
        long length = 1;
        foreach (int extent in extents)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent);
            length *= extent;
            if (length > int.MaxValue)
                throw new ArgumentException($"a tensor of [{string.Join(", ", extents)}] has more than 2^31 - 1 elements; take a smaller batch or picture");
        }

        this.extents = extents;
        Length = (int)length;
    }

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The number of axes.</summary>
    public int Rank => extents.Length;

    /// <summary>The extent of an axis; negative counts from the last.</summary>
    public int this[int axis] => extents[axis < 0 ? axis + extents.Length : axis];

    /// <summary>The extents as a fresh array.</summary>
    public int[] ToArray() => [.. extents];

    /// <inheritdoc/>
    public bool Equals(Shape other) => extents.AsSpan().SequenceEqual(other.extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => extents.Aggregate(17, (hash, extent) => unchecked(hash * 31 + extent));

    /// <summary>As <c>[64, 32, 32, 3]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", extents)}]";

    /// <summary>Equal extents.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Other extents.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}
