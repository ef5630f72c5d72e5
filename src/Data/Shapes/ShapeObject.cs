namespace Dalle2.Data.Shapes;

/// <summary>One shape of a scene.</summary>
public sealed record ShapeObject(ShapeKind Shape, ShapeColour Colour, ShapeSize Size, Place Place);
