namespace Dalle2.Data.Shapes;

/// <summary>The deviations of a scene's shapes; the default is none, the exact rendering.</summary>
public readonly record struct SceneJitter(ShapeJitter First, ShapeJitter Second = default);
