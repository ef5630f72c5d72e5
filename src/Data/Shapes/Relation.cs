namespace Dalle2.Data.Shapes;

/// <summary>Where the first of two shapes stands, seen from the second.</summary>
public enum Relation
{
    /// <summary>Above.</summary>
    Above,

    /// <summary>Below.</summary>
    Below,

    /// <summary>Left of.</summary>
    LeftOf,

    /// <summary>Right of.</summary>
    RightOf,
}
