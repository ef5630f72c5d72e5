namespace Dalle2.Layers;

/// <summary>
/// The sinusoidal embedding of a time per sample: <c>[N]</c> to <c>[N, width]</c>, cosines and then sines of
/// <c>factor t 10000^(-i / (width / 2))</c>. It has no parameters and no gradient.
/// </summary>
public sealed class TimeEmbedding
{
    /// <summary>An embedding.</summary>
    /// <param name="width">Columns of the result, an even number.</param>
    /// <param name="factor">What times are multiplied by: 1000 for times in [0, 1].</param>
    /// <exception cref="ArgumentException">The width is odd or less than 2, or the factor is not finite.</exception>
    public TimeEmbedding(int width, float factor = 1000f)
    {
        if (width < 2 || width % 2 != 0 || !float.IsFinite(factor))
            throw new ArgumentException($"an embedding of times has an even width and a finite factor, not {width} and {factor}");
        Width = width;
        Factor = factor;
    }

    /// <summary>Columns of the result.</summary>
    public int Width { get; }

    /// <summary>What times are multiplied by.</summary>
    public float Factor { get; }

    /// <summary>The embeddings of times that lie on the device.</summary>
    public Tensor Forward(Context context, Tensor times)
    {
        Tensor y = context.Allocate(times.Length, Width);
        TimeEmbeddingOp.Forward(context.Stream, times, y, Factor);
        return y;
    }
}
