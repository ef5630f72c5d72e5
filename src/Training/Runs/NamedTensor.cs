using System.Runtime.InteropServices;

namespace Dalle2.Training.Runs;

/// <summary>A tensor in host memory with the name it has in a file: row-major values of one of four element types.</summary>
public sealed class NamedTensor
{
    readonly Array values;
    readonly int[] shape;

    NamedTensor(string name, SafeTensorType type, ReadOnlySpan<int> shape, Array values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (CountOf(shape) != values.LongLength)
        {
            throw new ArgumentException(
                $"tensor '{name}' has {values.LongLength} values, its shape [{string.Join(", ", shape.ToArray())}] needs {CountOf(shape)}",
                nameof(values));
        }

        Name = name;
        Type = type;
        this.shape = shape.ToArray();
        this.values = values;
    }

    /// <summary>Wraps single-precision values, row-major; the array is not copied.</summary>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public NamedTensor(string name, ReadOnlySpan<int> shape, float[] values) : this(name, SafeTensorType.F32, shape, values)
    {
    }

    /// <summary>Wraps 32-bit integers, row-major; the array is not copied.</summary>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public NamedTensor(string name, ReadOnlySpan<int> shape, int[] values) : this(name, SafeTensorType.I32, shape, values)
    {
    }

    /// <summary>Wraps 64-bit integers, row-major; the array is not copied.</summary>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public NamedTensor(string name, ReadOnlySpan<int> shape, long[] values) : this(name, SafeTensorType.I64, shape, values)
    {
    }

    /// <summary>Wraps bytes, row-major; the array is not copied.</summary>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public NamedTensor(string name, ReadOnlySpan<int> shape, byte[] values) : this(name, SafeTensorType.U8, shape, values)
    {
    }

    /// <summary>The tensor's name, unique in its file.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorType Type { get; }

    /// <summary>The extents, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<int> Shape => shape;

    /// <summary>How many values there are.</summary>
    public int Count => values.Length;

    /// <summary>The values, row-major.</summary>
    /// <typeparam name="T">float, int, long or byte, as <see cref="Type"/> says.</typeparam>
    /// <exception cref="InvalidOperationException">The tensor has another element type.</exception>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged => values as T[]
        ?? throw new InvalidOperationException($"tensor '{Name}' holds {Type}, not {typeof(T).Name}");

    internal static int SizeOf(SafeTensorType type) => type switch
    {
        SafeTensorType.F32 or SafeTensorType.I32 => 4,
        SafeTensorType.I64 => 8,
        _ => 1,
    };

    internal static long CountOf(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent);
            count = checked(count * extent);
        }

        return count;
    }

    /// <summary>Hands the little-endian bytes on in pieces, because one span cannot hold the bytes of a very large tensor.</summary>
    internal void ForEachPiece(Action<ReadOnlySpan<byte>> action)
    {
        const int step = 1 << 20;
        for (int start = 0; start < Count; start += step)
        {
            int length = Math.Min(step, Count - start);
            action(values switch
            {
                float[] f => MemoryMarshal.AsBytes(f.AsSpan(start, length)),
                int[] i => MemoryMarshal.AsBytes(i.AsSpan(start, length)),
                long[] l => MemoryMarshal.AsBytes(l.AsSpan(start, length)),
                _ => ((byte[])values).AsSpan(start, length),
            });
        }
    }
}
