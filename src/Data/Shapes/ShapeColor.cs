namespace Dalle2.Data.Shapes;

/// <summary>The color of a shape.</summary>
public enum ShapeColor
{
    /// <summary>Red.</summary>
    Red,

    /// <summary>Green.</summary>
    Green,

    /// <summary>Blue.</summary>
    Blue,

    /// <summary>Yellow.</summary>
    Yellow,

    /// <summary>Purple.</summary>
    Purple,

    /// <summary>Orange.</summary>
    Orange,

    /// <summary>Cyan.</summary>
    Cyan,

    /// <summary>White.</summary>
    White,
}
