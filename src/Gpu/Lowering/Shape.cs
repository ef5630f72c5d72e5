namespace Dalle2.Gpu.Lowering;

/// <summary>How a value differs between the threads of one vector.</summary>
/// <param name="Kind">Unknown (nothing was found yet), strided, or varying.</param>
/// <param name="Stride">Of a strided value, by how much it grows from lane to lane; 0 if it is uniform. Of pointers in bytes.</param>
readonly record struct Shape(ShapeKind Kind, long Stride)
{
    public static readonly Shape Uniform = new(ShapeKind.Strided, 0);
    public static readonly Shape Varying = new(ShapeKind.Varying, 0);

    public bool IsUniform => Kind == ShapeKind.Strided && Stride == 0;

    public bool IsVarying => Kind == ShapeKind.Varying;

    public bool IsUnknown => Kind == ShapeKind.Unknown;

    public static Shape Strided(long stride) => new(ShapeKind.Strided, stride);

    /// <summary>What holds for a value that is one or the other, the same for all lanes.</summary>
    public static Shape Either(Shape first, Shape second) =>
        first.IsUnknown ? second : second.IsUnknown || first == second ? first : Varying;
}

enum ShapeKind : byte
{
    Unknown,
    Strided,
    Varying,
}
