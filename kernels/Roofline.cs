// What a device can do at most, by kernels that do nothing else:
//   y[i] = sum of 24 chains of n fused multiply-adds each         y [groups * 16]   x [32]: a factor and a summand for each thread of a group
//   y[i] = x[i]                                                   x, y [n]
namespace Dalle2.Kernels;

/// <summary>Kernels that measure a device: its rate of arithmetic and its rate of copying.</summary>
public static class RooflineOp
{
    // As many chains as hide the latency of a multiply-add, few enough to stay in the registers of a vector unit.
    const int Threads = 16;
    const int Chains = 24;

    /// <summary>Elements of x that <see cref="MultiplyAdd"/> reads.</summary>
    public const int Operands = 2 * Threads;

    /// <summary>Floating-point operations of <see cref="MultiplyAdd"/>, a multiply-add being two.</summary>
    public static double Flops(int groups, int turns) => 2.0 * Threads * Chains * groups * turns;

    /// <summary>Runs fused multiply-adds and nothing else.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x"><see cref="Operands"/> elements: factors, which should be below 1, then summands.</param>
    /// <param name="y">A multiple of 16 elements, 16 for each group; written.</param>
    /// <param name="turns">The length of each chain.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void MultiplyAdd(Stream stream, Tensor x, Tensor y, int turns)
    {
        if (x.Length != Operands || y.Length % Threads != 0)
            throw new ArgumentException($"it takes {Operands} operands and a multiple of {Threads} results, not {x.Length} and {y.Length}");
        stream.Launch(MultiplyAddKernel, new KernelConfig((Index1D)(y.Length / Threads), Threads), x.View, y.View, turns);
    }

    /// <summary><c>y = x</c>, element by element.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Copy(Stream stream, Tensor x, Tensor y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Shape} cannot be copied to {y.Shape}");
        stream.Launch(CopyKernel, x.Length, x.View, y.View);
    }

    // One group of 16 threads per 16 results; the chains of a thread are in registers.
    static void MultiplyAddKernel(ArrayView<float> x, ArrayView<float> y, int turns)
    {
        int thread = Group.IdxX;
        ArrayView<float> chains = LocalMemory.Allocate<float>(Chains);
        float factor = x[thread], summand = x[Threads + thread];
        for (int c = 0; c < Chains; c++)
            chains[c] = c;
        for (int turn = 0; turn < turns; turn++)
        {
            for (int c = 0; c < Chains; c++)
                chains[c] = Fused.MultiplyAdd(chains[c], factor, summand);
        }

        float sum = 0f;
        for (int c = 0; c < Chains; c++)
            sum += chains[c];
        y[Grid.IdxX * Threads + thread] = sum;
    }

    // One thread per element.
    static void CopyKernel(Index1D i, ArrayView<float> x, ArrayView<float> y) => y[i] = x[i];
}
