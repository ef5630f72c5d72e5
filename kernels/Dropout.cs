// Dropout:  y[i] = x[i] / (1 - p) where u[i] >= p, else 0;  u ~ U[0, 1) from the key, as RandomOp.Uniform draws it.  x, y [n], written (=)
// Backward is the same map, of dy: the mask is drawn again from the key, not kept.
namespace Dalle2.Kernels;

/// <summary>Setting random elements to zero.</summary>
public static class DropoutOp
{
    /// <summary>Zero with probability p, else scaled by 1 / (1 - p).</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input, or the output's gradient.</param>
    /// <param name="y">Written.</param>
    /// <param name="key">Decides which elements.</param>
    /// <param name="p">In [0, 1).</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Apply(Stream stream, Tensor x, Tensor y, RandomKey key, float p)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"dropout goes element by element; {x.Shape} and {y.Shape} do not fit");
        stream.Launch(MaskKernel, IntrinsicMath.DivRoundUp(x.Length, 4), x.View, y.View, key, p, x.Length);
    }

    // One thread per four elements, which share a block of random words.
    static void MaskKernel(Index1D block, ArrayView<float> x, ArrayView<float> y, RandomKey key, float p, int n)
    {
        RandomBlock words = Philox.Block(key, (uint)block.X);
        float scale = 1f / (1f - p);
        int i = 4 * block;
        y[i] = Philox.Uniform(words.W0) >= p ? x[i] * scale : 0f;
        if (i + 1 < n)
            y[i + 1] = Philox.Uniform(words.W1) >= p ? x[i + 1] * scale : 0f;
        if (i + 2 < n)
            y[i + 2] = Philox.Uniform(words.W2) >= p ? x[i + 2] * scale : 0f;
        if (i + 3 < n)
            y[i + 3] = Philox.Uniform(words.W3) >= p ? x[i + 3] * scale : 0f;
    }
}
