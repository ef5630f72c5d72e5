namespace Dalle2.Training.Scores;

/// <summary>All captions that a picture of a set can have, and what it means to take one for another.</summary>
/// <param name="Captions">The captions.</param>
/// <param name="AttributeNames">What captions say, attribute by attribute; the last is all of it.</param>
/// <param name="Compare">Given a sample's index in its split and a caption's number, whether each attribute is right.</param>
public sealed record CaptionCatalog(IReadOnlyList<string> Captions, IReadOnlyList<string> AttributeNames, Func<int, int, bool[]> Compare);
