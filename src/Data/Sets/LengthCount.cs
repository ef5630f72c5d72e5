namespace Dalle2.Data.Sets;

/// <summary>How many captions have a length in words.</summary>
public sealed record LengthCount(int Words, int Captions);
