namespace Dalle2.Data.Shapes;

/// <summary>The color behind the shapes.</summary>
public enum Background
{
    /// <summary>Black.</summary>
    Black,

    /// <summary>Gray.</summary>
    Gray,

    /// <summary>Navy.</summary>
    Navy,
}
