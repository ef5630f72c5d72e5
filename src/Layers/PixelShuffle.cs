namespace Dalle2.Layers;

/// <summary>
/// Depth to space, the inverse of <see cref="PixelUnshuffle"/>: <c>[N, H, W, f f C]</c> to <c>[N, f H, f W, C]</c>;
/// <c>y[n, f i + di, f j + dj, c] = x[n, i, j, (di f + dj) C + c]</c>.
/// </summary>
public sealed class PixelShuffle : UnaryLayer
{

    /// <summary>Depth to space.</summary>
    /// <param name="factor">f: by how much each side grows.</param>
    /// <exception cref="ArgumentException">The factor is less than 1.</exception>
    public PixelShuffle(int factor = 2)
    {
        if (factor < 1)
            throw new ArgumentException($"the factor is 1 or more, not {factor}");
        Factor = factor;
    }

    /// <summary>By how much each side grows.</summary>
    public int Factor { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        Tensor y = context.Allocate(PixelUnshuffleOp.InputShape(x.Shape, Factor));
        PixelUnshuffleOp.Inverse(context.Stream, x, y, Factor);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(PixelUnshuffleOp.OutputShape(dy.Shape, Factor));
        PixelUnshuffleOp.Forward(context.Stream, dy, dx, Factor);
        return dx;
    }
}
