using Dalle2.Gpu.Dialect;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Small kernels, each with something that a pass works on or must leave alone.</summary>
static class PassKernels
{
    public static void Divide(Index1D i, ArrayView<int> x, ArrayView<uint> y, int n)
    {
        x[i] /= n;
        y[i] %= (uint)n;
        x[i] = x[i] / 3 + x[i] % -1;
    }

    public static void Reciprocal(Index1D i, ArrayView<float> x, int at) => x[i + at] = 1f / x[i + at];

    public static void Part(Index1D i, ArrayView<float> x, int first, int count) => x.SubView(first, count)[2] = i;

    public static void Twice(Index1D i, ArrayView<float> x) => x[i] = x[i] + x[i];
}
