using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Dalle2.Tensors;

/// <summary>The extents of a tensor, slowest axis first; at most eight axes.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The most axes.</summary>
    public const int MostAxes = 8;

    readonly Extents extents;

    /// <summary>A shape of the given extents.</summary>
    /// <exception cref="ArgumentException">An extent is negative, there are more than eight, or the product exceeds 2^31 - 1.</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        if (extents.Length > MostAxes)
            throw new ArgumentException($"a tensor has at most {MostAxes} axes, not the {extents.Length} of [{Join(extents)}]");
        long length = 1;
        for (int axis = 0; axis < extents.Length; axis++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extents[axis]);
            length *= extents[axis];
            if (length > int.MaxValue)
            {
                throw new ArgumentException(
                    $"a tensor of [{Join(extents)}] has more than 2^31 - 1 elements; take a smaller batch or picture");
            }

            this.extents[axis] = extents[axis];
        }

        Rank = extents.Length;
        Length = (int)length;
    }

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The number of axes.</summary>
    public int Rank { get; }

    /// <summary>The extent of an axis; negative counts from the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int this[int axis]
    {
        get
        {
            int place = axis < 0 ? axis + Rank : axis;
            return (uint)place < (uint)Rank ? extents[place]
                : throw new ArgumentOutOfRangeException(nameof(axis), axis, $"{this} has no such axis");
        }
    }

    /// <summary>The extents as a fresh array.</summary>
    public int[] ToArray() => Span.ToArray();

    /// <summary>The same but for one axis; negative counts from the last.</summary>
    public Shape With(int axis, int extent)
    {
        Span<int> changed = stackalloc int[Rank];
        Span.CopyTo(changed);
        changed[axis < 0 ? axis + Rank : axis] = extent;
        return new Shape(changed);
    }

    /// <summary>The same with one more axis, the last.</summary>
    public Shape Append(int extent)
    {
        Span<int> longer = stackalloc int[Rank + 1];
        Span.CopyTo(longer);
        longer[^1] = extent;
        return new Shape(longer);
    }

    /// <summary>The shape of one index of the first axis.</summary>
    public Shape WithoutFirst() => new(Span[1..]);

    /// <inheritdoc/>
    public bool Equals(Shape other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        int hash = 17;
        foreach (int extent in Span)
            hash = unchecked(hash * 31 + extent);
        return hash;
    }

    /// <summary>As <c>[64, 32, 32, 3]</c>.</summary>
    public override string ToString() => $"[{Join(Span)}]";

    /// <summary>Equal extents.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Other extents.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    [UnscopedRef]
    ReadOnlySpan<int> Span => ((ReadOnlySpan<int>)extents)[..Rank];

    static string Join(ReadOnlySpan<int> extents) => string.Join(", ", extents.ToArray());

    [InlineArray(MostAxes)]
    struct Extents
    {
        int first;
    }
}
