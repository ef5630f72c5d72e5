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
        float scale = 1f / (1f - p);
        stream.Launch(MaskKernel, x.Length / 4, x.View, y.View, key, p, scale);
        if (x.Length % 4 != 0)
            stream.Launch(LastMaskKernel, x.Length % 4, x.View, y.View, key, p, scale, x.Length / 4);
    }

    // One thread per four elements, which share a block of random words.
    static void MaskKernel(Index1D block, ArrayView<float> x, ArrayView<float> y, RandomKey key, float p, float scale)
    {
        RandomBlock words = Philox.Block(key, (uint)block.X);
        int i = 4 * block;
        y[i] = Mask(x[i], words.W0, p, scale);
        y[i + 1] = Mask(x[i + 1], words.W1, p, scale);
        y[i + 2] = Mask(x[i + 2], words.W2, p, scale);
        y[i + 3] = Mask(x[i + 3], words.W3, p, scale);
    }

    // One thread per element behind the last whole block.
    static void LastMaskKernel(Index1D i, ArrayView<float> x, ArrayView<float> y, RandomKey key, float p, float scale, int block)
    {
        RandomBlock words = Philox.Block(key, (uint)block);
        y[4 * block + i] = Mask(x[4 * block + i], i.X == 0 ? words.W0 : i.X == 1 ? words.W1 : words.W2, p, scale);
    }

    static float Mask(float x, uint word, float p, float scale) => Philox.Uniform(word) >= p ? x * scale : 0f;
}
