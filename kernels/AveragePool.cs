// Average pooling:  y[n, i, j, c] = 1 / (f f) sum over the block's pixels of x          x, dx [samples, f height, f width, channels]   y, dy [samples, height, width, channels]
// Backward:  dx[n, i, j, c] = dy[n, i / f, j / f, c] / (f f)                           (both written, =)
// The sum is taken by rows, in rising order; the kernels are those of Upsample.cs, whose gradient it is but for the factor.
namespace Dalle2.Kernels;

/// <summary>Means over blocks of pixels, and the gradient.</summary>
public static class AveragePoolOp
{
    /// <summary>The mean over each block of f x f pixels.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The map.</param>
    /// <param name="y">Written.</param>
    /// <param name="factor">f, 1 or more.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y, int factor) =>
        UpsampleOp.SumBlocks(stream, x, y, factor, 1f / (factor * factor));

    /// <summary>The gradient of the map.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The gradient of the means.</param>
    /// <param name="dx">Written.</param>
    /// <param name="factor">f, 1 or more.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor dy, Tensor dx, int factor) =>
        UpsampleOp.Repeat(stream, dy, dx, factor, 1f / (factor * factor));
}
