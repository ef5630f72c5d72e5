namespace Dalle2.Data.Shapes;

/// <summary>One shape of a scene.</summary>
public sealed record ShapeObject(ShapeKind Shape, ShapeColor Color, ShapeSize Size, Place Place);
