namespace Dalle2.Data.Shapes;

/// <summary>The size of a shape; the radius is in <see cref="SceneRenderer"/>.</summary>
public enum ShapeSize
{
    /// <summary>Small.</summary>
    Small,

    /// <summary>Large.</summary>
    Large,
}
