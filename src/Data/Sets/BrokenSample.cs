namespace Dalle2.Data.Sets;

/// <summary>A sample that was skipped.</summary>
/// <param name="Split">The split it stands in.</param>
/// <param name="Index">Its index there.</param>
/// <param name="Source">The file, or what else names it.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record BrokenSample(string Split, int Index, string Source, string Reason);
