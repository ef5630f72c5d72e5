namespace Dalle2.Layers;

/// <summary>
/// Space to depth: blocks of f x f pixels become the channels of one, <c>[N, f H, f W, C]</c> to <c>[N, H, W, f f C]</c>;
/// <c>y[n, i, j, (di f + dj) C + c] = x[n, f i + di, f j + dj, c]</c>.
/// </summary>
public sealed class PixelUnshuffle : UnaryLayer
{

    /// <summary>Space to depth.</summary>
    /// <param name="factor">f: by how much each side shrinks.</param>
    /// <exception cref="ArgumentException">The factor is less than 1.</exception>
    public PixelUnshuffle(int factor = 2)
    {
        if (factor < 1)
            throw new ArgumentException($"the factor is 1 or more, not {factor}");
        Factor = factor;
    }

    /// <summary>By how much each side shrinks.</summary>
    public int Factor { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        Tensor y = context.Allocate(PixelUnshuffleOp.OutputShape(x.Shape, Factor));
        PixelUnshuffleOp.Forward(context.Stream, x, y, Factor);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(PixelUnshuffleOp.InputShape(dy.Shape, Factor));
        PixelUnshuffleOp.Inverse(context.Stream, dy, dx, Factor);
        return dx;
    }
}
