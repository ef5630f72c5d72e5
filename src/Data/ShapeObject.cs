namespace Dalle2.Data;

/// <summary>One shape of a scene.</summary>
public sealed record ShapeObject(ShapeKind Shape, ShapeColour Colour, ShapeSize Size, Place Place);
