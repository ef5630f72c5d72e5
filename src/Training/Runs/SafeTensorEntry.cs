namespace Dalle2.Training.Runs;

/// <summary>One tensor of a safetensors file, as the header describes it.</summary>
public sealed class SafeTensorEntry
{
    readonly int[] shape;

    internal SafeTensorEntry(string name, SafeTensorType type, int[] shape, long begin, long end)
    {
        Name = name;
        Type = type;
        this.shape = shape;
        Begin = begin;
        End = end;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorType Type { get; }

    /// <summary>The extents, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<int> Shape => shape;

    /// <summary>How many values there are.</summary>
    public long Count => (End - Begin) / NamedTensor.SizeOf(Type);

    /// <summary>The first byte, counted from the end of the header.</summary>
    public long Begin { get; }

    /// <summary>The byte after the last one, counted from the end of the header.</summary>
    public long End { get; }
}
