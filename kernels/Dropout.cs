// Dropout:  y[i] = x[i] / (1 - p) where u[i] >= p, else 0;  u ~ U[0, 1) from the key.  x, y [n], written (=)
//   Element 64 c + 16 k + j has word k of random block 16 c + j, so that neighbours, which neighbouring threads take, have blocks of their own.
// Backward is the same map, of dy: the mask is drawn again from the key, not kept.
namespace Dalle2.Kernels;

/// <summary>Setting random elements to zero.</summary>
public static class DropoutOp
{
    // Random words of a block, blocks that are drawn side by side, and elements of a group.
    const int Words = 4;
    const int Blocks = 16;
    const int Run = 4096;

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
        stream.Launch(MaskKernel, Lanes.Groups(stream, IntrinsicMath.DivRoundUp(x.Length, Run)), x.View, y.View, key, p, 1f / (1f - p), x.Length);
    }

    // One group per run; thread t of T has the blocks t, t + T, ... of each 16.
    static void MaskKernel(ArrayView<float> x, ArrayView<float> y, RandomKey key, float p, float scale, int n)
    {
        int start = Grid.IdxX * Run, end = IntrinsicMath.Min(start + Run, n);
        for (; start + Words * Blocks <= end; start += Words * Blocks)
        {
            for (int k = 0; k < Blocks / Group.DimX; k++)
            {
                int block = k * Group.DimX + Group.IdxX, i = start + block;
                RandomBlock words = Philox.Block(key, (uint)(start / Words + block));
                y[i] = Mask(x[i], words.W0, p, scale);
                y[i + Blocks] = Mask(x[i + Blocks], words.W1, p, scale);
                y[i + 2 * Blocks] = Mask(x[i + 2 * Blocks], words.W2, p, scale);
                y[i + 3 * Blocks] = Mask(x[i + 3 * Blocks], words.W3, p, scale);
            }
        }

        if (start == end)
            return;
        for (int k = 0; k < Blocks / Group.DimX; k++)
        {
            int block = k * Group.DimX + Group.IdxX, i = start + block;
            RandomBlock words = Philox.Block(key, (uint)(start / Words + block));
            if (i < end)
                y[i] = Mask(x[i], words.W0, p, scale);
            if (i + Blocks < end)
                y[i + Blocks] = Mask(x[i + Blocks], words.W1, p, scale);
            if (i + 2 * Blocks < end)
                y[i + 2 * Blocks] = Mask(x[i + 2 * Blocks], words.W2, p, scale);
        }
    }

    static float Mask(float x, uint word, float p, float scale) => Philox.Uniform(word) >= p ? x * scale : 0f;
}
