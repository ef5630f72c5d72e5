// Random tensors from Philox4x32-10:  y[i] ~ U[0, 1)   or   y[i] ~ N(0, 1);  y [n], written.
//   Elements 4 j .. 4 j + 3 come from block j of the stream that (seed, step, tensor) names.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Filling tensors with random numbers that are a pure function of their key.</summary>
public static class RandomOp
{
    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public static void Uniform(Stream stream, Tensor y, StepKey key)
    {
        stream.Launch(UniformKernel, y.Length / 4, y.View, key.Key, key.Step);
        if (y.Length % 4 != 0)
            stream.Launch(LastUniformKernel, y.Length % 4, y.View, key.Key, key.Step, y.Length / 4);
    }

    /// <summary>Normal with mean 0 and variance 1.</summary>
    public static void Normal(Stream stream, Tensor y, StepKey key)
    {
        stream.Launch(NormalKernel, y.Length / 4, y.View, key.Key, key.Step);
        if (y.Length % 4 != 0)
            stream.Launch(LastNormalKernel, y.Length % 4, y.View, key.Key, key.Step, y.Length / 4);
    }

    // One thread per block of four.
    static void UniformKernel(Index1D block, ArrayView<float> y, RandomKey key, ArrayView<int> step)
    {
        RandomBlock words = Philox.Block(StepKey.At(key, step), (uint)block.X);
        Store(y, 4 * block, Philox.Uniform(words.W0), Philox.Uniform(words.W1), Philox.Uniform(words.W2), Philox.Uniform(words.W3));
    }

    // One thread per block of four: two pairs of Box and Muller.
    static void NormalKernel(Index1D block, ArrayView<float> y, RandomKey key, ArrayView<int> step)
    {
        RandomBlock words = Philox.Block(StepKey.At(key, step), (uint)block.X);
        Store(
            y, 4 * block,
            Philox.NormalCos(words.W0, words.W1), Philox.NormalSin(words.W0, words.W1),
            Philox.NormalCos(words.W2, words.W3), Philox.NormalSin(words.W2, words.W3));
    }

    // One thread per element behind the last whole block.
    static void LastUniformKernel(Index1D i, ArrayView<float> y, RandomKey key, ArrayView<int> step, int block)
    {
        RandomBlock words = Philox.Block(StepKey.At(key, step), (uint)block);
        y[4 * block + i] = Philox.Uniform(i.X == 0 ? words.W0 : i.X == 1 ? words.W1 : words.W2);
    }

    static void LastNormalKernel(Index1D i, ArrayView<float> y, RandomKey key, ArrayView<int> step, int block)
    {
        RandomBlock words = Philox.Block(StepKey.At(key, step), (uint)block);
        float cos = i.X == 2 ? Philox.NormalCos(words.W2, words.W3) : Philox.NormalCos(words.W0, words.W1);
        y[4 * block + i] = i.X == 1 ? Philox.NormalSin(words.W0, words.W1) : cos;
    }

    static void Store(ArrayView<float> y, int at, float v0, float v1, float v2, float v3)
    {
        y[at] = v0;
        y[at + 1] = v1;
        y[at + 2] = v2;
        y[at + 3] = v3;
    }
}
