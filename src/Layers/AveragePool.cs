namespace Dalle2.Layers;

/// <summary>The mean of each block of f x f pixels: <c>[N, f H, f W, C]</c> to <c>[N, H, W, C]</c>. With f = 2 it halves a picture without aliasing.</summary>
public sealed class AveragePool : UnaryLayer
{

    /// <summary>Average pooling.</summary>
    /// <param name="factor">f: by how much each side shrinks.</param>
    /// <exception cref="ArgumentException">The factor is less than 1.</exception>
    public AveragePool(int factor = 2)
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
        if (x.Shape.Rank != 4 || x.Shape[1] % Factor != 0 || x.Shape[2] % Factor != 0)
            throw new ArgumentException($"the sides of a map [samples, height, width, channels] are multiples of {Factor}, not {x.Shape}");
        Tensor y = context.Allocate(x.Shape[0], x.Shape[1] / Factor, x.Shape[2] / Factor, x.Cols);
        AveragePoolOp.Forward(context.Stream, x, y, Factor);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(dy.Shape[0], dy.Shape[1] * Factor, dy.Shape[2] * Factor, dy.Cols);
        AveragePoolOp.Backward(context.Stream, dy, dx, Factor);
        return dx;
    }
}
