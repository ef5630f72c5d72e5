namespace Dalle2.Layers;

/// <summary>Each pixel f x f times (nearest): <c>[N, H, W, C]</c> to <c>[N, f H, f W, C]</c>.</summary>
public sealed class Upsample : UnaryLayer
{

    /// <summary>Repeats pixels.</summary>
    /// <param name="factor">f: by how much each side grows.</param>
    /// <exception cref="ArgumentException">The factor is less than 1.</exception>
    public Upsample(int factor = 2)
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
        if (x.Shape.Rank != 4)
            throw new ArgumentException($"a map [samples, height, width, channels] is upsampled, not {x.Shape}");
        Tensor y = context.Allocate(x.Shape[0], x.Shape[1] * Factor, x.Shape[2] * Factor, x.Cols);
        UpsampleOp.Forward(context.Stream, x, y, Factor);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(dy.Shape[0], dy.Shape[1] / Factor, dy.Shape[2] / Factor, dy.Cols);
        UpsampleOp.Backward(context.Stream, dy, dx, Factor);
        return dx;
    }
}
