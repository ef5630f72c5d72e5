namespace Dalle2.Layers;

/// <summary>The mean of each block of f x f pixels: <c>[N, f H, f W, C]</c> to <c>[N, H, W, C]</c>. With f = 2 it halves a picture without aliasing.</summary>
public sealed class AveragePool : UnaryLayer
{
    readonly int factor;

    /// <summary>Average pooling.</summary>
    /// <param name="factor">f: by how much each side shrinks.</param>
    /// <exception cref="ArgumentException">The factor is less than 1.</exception>
    public AveragePool(int factor = 2)
    {
        if (factor < 1)
            throw new ArgumentException($"the factor is 1 or more, not {factor}");
        this.factor = factor;
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        if (x.Shape.Rank != 4 || x.Shape[1] % factor != 0 || x.Shape[2] % factor != 0)
            throw new ArgumentException($"the sides of a map [samples, height, width, channels] are multiples of {factor}, not {x.Shape}");
        Tensor y = context.Allocate(x.Shape[0], x.Shape[1] / factor, x.Shape[2] / factor, x.Cols);
        AveragePoolOp.Forward(context.Stream, x, y, factor);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(dy.Shape[0], dy.Shape[1] * factor, dy.Shape[2] * factor, dy.Cols);
        AveragePoolOp.Backward(context.Stream, dy, dx, factor);
        return dx;
    }
}
