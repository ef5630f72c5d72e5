namespace Dalle2.Layers;

/// <summary>Each pixel f x f times (nearest): <c>[N, H, W, C]</c> to <c>[N, f H, f W, C]</c>.</summary>
public sealed class Upsample : UnaryLayer
{
    readonly int factor;

    /// <summary>Repeats pixels.</summary>
    /// <param name="factor">f: by how much each side grows.</param>
    /// <exception cref="ArgumentException">The factor is less than 1.</exception>
    public Upsample(int factor = 2)
    {
        if (factor < 1)
            throw new ArgumentException($"the factor is 1 or more, not {factor}");
        this.factor = factor;
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        if (x.Shape.Rank != 4)
            throw new ArgumentException($"a map [samples, height, width, channels] is upsampled, not {x.Shape}");
        Tensor y = context.Allocate(x.Shape[0], x.Shape[1] * factor, x.Shape[2] * factor, x.Cols);
        UpsampleOp.Forward(context.Stream, x, y, factor);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(dy.Shape[0], dy.Shape[1] / factor, dy.Shape[2] / factor, dy.Cols);
        UpsampleOp.Backward(context.Stream, dy, dx, factor);
        return dx;
    }
}
