namespace Dalle2.Layers;

/// <summary>
/// A Gaussian blur of pictures <c>[N, H, W, C]</c>, each by a deviation of its own, edges reflected: what the inputs of an upsampler are
/// augmented by. It has no parameters and no gradient.
/// </summary>
public sealed class GaussianBlur
{
    readonly int radius;

    /// <summary>A blur.</summary>
    /// <param name="largestSigma">The largest deviation that it is asked for, in pixels: three of them to each side count.</param>
    /// <exception cref="ArgumentException">The deviation is negative or not finite.</exception>
    public GaussianBlur(float largestSigma)
    {
        if (!(largestSigma >= 0f) || !float.IsFinite(largestSigma))
            throw new ArgumentException($"a blur has a deviation of 0 pixels or more, not {largestSigma}");
        radius = (int)MathF.Ceiling(3f * largestSigma);
    }

    /// <summary>The blurred pictures.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The pictures.</param>
    /// <param name="sigmas">The deviation of each, in pixels, <c>[N]</c>; 0 leaves it as it is.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public Tensor Forward(Context context, Tensor x, Tensor sigmas)
    {
        Tensor y = context.Allocate(x.Shape), lines = context.Allocate(x.Shape);
        Tensor weights = context.Allocate(sigmas.Length, radius + 1);
        GaussianBlurOp.Forward(context.Stream, x, sigmas, radius, weights, lines, y);
        context.Release(weights);
        context.Release(lines);
        return y;
    }
}
