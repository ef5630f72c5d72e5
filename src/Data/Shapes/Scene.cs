namespace Dalle2.Data.Shapes;

/// <summary>
/// What a picture of <c>shapes</c> shows: a background and one shape at any of nine places, or two shapes in a relation.
/// Of two shapes, one above the other stands at the top and the other at the bottom; side by side likewise.
/// </summary>
/// <param name="Background">The color behind.</param>
/// <param name="First">The one shape, or the one that the caption names first.</param>
/// <param name="Second">The other shape, or null.</param>
public sealed record Scene(Background Background, ShapeObject First, ShapeObject? Second = null)
{
    /// <summary>A scene of two shapes, placed by the relation.</summary>
    public static Scene Pair(Background background, ShapeKind shape, ShapeColor color, ShapeSize size, Relation relation,
        ShapeKind otherShape, ShapeColor otherColor, ShapeSize otherSize)
    {
        var (place, otherPlace) = relation switch
        {
            Shapes.Relation.Above => (Place.Top, Place.Bottom),
            Shapes.Relation.Below => (Place.Bottom, Place.Top),
            Shapes.Relation.LeftOf => (Place.Left, Place.Right),
            _ => (Place.Right, Place.Left),
        };
        return new Scene(background, new ShapeObject(shape, color, size, place),
            new ShapeObject(otherShape, otherColor, otherSize, otherPlace));
    }

    /// <summary>Where the first shape stands, seen from the second; null for one shape.</summary>
    public Relation? Relation => Second is null ? null : First.Place switch
    {
        Place.Top => Shapes.Relation.Above,
        Place.Bottom => Shapes.Relation.Below,
        Place.Left => Shapes.Relation.LeftOf,
        _ => Shapes.Relation.RightOf,
    };

    /// <summary>The caption; see <see cref="SceneCaption"/>.</summary>
    public string Caption => SceneCaption.Write(this);
}
