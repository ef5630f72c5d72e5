namespace Dalle2.Data.Shapes;

/// <summary>A cell of the three by three grid, by rows.</summary>
public enum Place
{
    /// <summary>Top left.</summary>
    TopLeft,

    /// <summary>Top.</summary>
    Top,

    /// <summary>Top right.</summary>
    TopRight,

    /// <summary>Left.</summary>
    Left,

    /// <summary>Center.</summary>
    Center,

    /// <summary>Right.</summary>
    Right,

    /// <summary>Bottom left.</summary>
    BottomLeft,

    /// <summary>Bottom.</summary>
    Bottom,

    /// <summary>Bottom right.</summary>
    BottomRight,
}
