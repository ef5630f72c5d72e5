
namespace Dalle2.Kernels.Shared;

/// <summary>One figure for each axis of an image.</summary>
/// <param name="Height">Along the rows of pixels, downwards.</param>
/// <param name="Width">Along a row.</param>
public readonly record struct Size2d(int Height, int Width)
{
    /// <summary>The same figure for both axes.</summary>
    public static implicit operator Size2d(int both) => new(both, both);

    /// <summary>A pair (height, width).</summary>
    public static implicit operator Size2d((int Height, int Width) pair) => new(pair.Height, pair.Width);

    /// <summary>As <c>4x3</c>: height, then width.</summary>
    public override string ToString() => $"{Height}x{Width}";
}
