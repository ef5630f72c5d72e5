namespace Dalle2.Data.Shapes;

/// <summary>What is drawn.</summary>
public enum ShapeKind
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>An upright square.</summary>
    Square,

    /// <summary>A triangle that points up.</summary>
    Triangle,

    /// <summary>A star with five points, one up.</summary>
    Star,

    /// <summary>A plus sign.</summary>
    Cross,

    /// <summary>A rhombus that stands on a corner.</summary>
    Diamond,

    /// <summary>A thick circle with a hole.</summary>
    Ring,

    /// <summary>A heart, upright.</summary>
    Heart,
}
