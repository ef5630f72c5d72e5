namespace Dalle2.Data.Sets;

/// <summary>How often a word occurs.</summary>
public sealed record WordCount(string Word, int Count);
