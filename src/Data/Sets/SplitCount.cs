namespace Dalle2.Data.Sets;

/// <summary>A split's samples, and how many of them are broken.</summary>
public sealed record SplitCount(string Split, int Count, int Broken);
