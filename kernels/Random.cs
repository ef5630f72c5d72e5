// Random tensors from Philox4x32-10:  y[i] ~ U[0, 1)   or   y[i] ~ N(0, 1);  y [n], written.
//   Elements 4 j .. 4 j + 3 come from block j of the stream that (seed, step, tensor) names.
namespace Dalle2.Kernels;

/// <summary>Filling tensors with random numbers that are a pure function of their key.</summary>
public static class RandomOp
{
    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public static void Uniform(Stream stream, Tensor y, RandomKey key) =>
        stream.Launch(UniformKernel, IntrinsicMath.DivRoundUp(y.Length, 4), y.View, key, y.Length);

    /// <summary>Normal with mean 0 and variance 1.</summary>
    public static void Normal(Stream stream, Tensor y, RandomKey key) =>
        stream.Launch(NormalKernel, IntrinsicMath.DivRoundUp(y.Length, 4), y.View, key, y.Length);

    // One thread per block of four.
    static void UniformKernel(Index1D block, ArrayView<float> y, RandomKey key, int n)
    {
        RandomBlock words = Philox.Block(key, (uint)block.X);
        StoreFour(y, 4 * block, n, Philox.Uniform(words.W0), Philox.Uniform(words.W1), Philox.Uniform(words.W2), Philox.Uniform(words.W3));
    }

    // One thread per block of four: two pairs of Box and Muller.
    static void NormalKernel(Index1D block, ArrayView<float> y, RandomKey key, int n)
    {
        RandomBlock words = Philox.Block(key, (uint)block.X);
        StoreFour(
            y, 4 * block, n,
            Philox.NormalCos(words.W0, words.W1), Philox.NormalSin(words.W0, words.W1),
            Philox.NormalCos(words.W2, words.W3), Philox.NormalSin(words.W2, words.W3));
    }

    static void StoreFour(ArrayView<float> y, int at, int n, float v0, float v1, float v2, float v3)
    {
        y[at] = v0;
        if (at + 1 < n)
            y[at + 1] = v1;
        if (at + 2 < n)
            y[at + 2] = v2;
        if (at + 3 < n)
            y[at + 3] = v3;
    }
}
