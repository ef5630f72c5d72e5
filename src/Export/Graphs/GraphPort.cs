namespace Dalle2.Export.Graphs;

/// <summary>An input or an output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Extents">Its extents: numbers, or names of those that differ from call to call.</param>
/// <param name="Meaning">What it is, in a sentence.</param>
/// <param name="IsWhole">Whether it has whole numbers (int64) and not floats (float32).</param>
sealed record GraphPort(string Name, IReadOnlyList<string> Extents, string Meaning, bool IsWhole = false)
{
    /// <summary>How README and errors show it.</summary>
    public string Shape => $"[{string.Join(", ", Extents)}]";
}
