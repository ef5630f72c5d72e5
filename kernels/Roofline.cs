// What a device can do at most, by kernels that do nothing else:
//   y[i] = sum of 24 chains of n fused multiply-adds each         y [groups * 16]   x [32]: a factor and a summand for each thread of a group
//   y[i] = x[i], again and again                                  x, y [groups * length], length a multiple of 128
namespace Dalle2.Kernels;

/// <summary>Kernels that measure a device: its rate of arithmetic and its rate of copying.</summary>
public static class RooflineOp
{
    // As many chains as hide the latency of a multiply-add, few enough to stay in the registers of a vector unit.
    const int Threads = 16;
    const int Chains = 24;

    const int CopyVectors = 8;

    /// <summary>Elements that <see cref="Copy"/> moves in one turn of its loop.</summary>
    public const int CopyStep = CopyVectors * Threads;

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

    /// <summary>
    /// <c>y = x</c>, again and again: with few bytes in a group the copies stay in a cache, with many they go to memory. Views of
    /// no more than a group's length in one group make a launch that does next to nothing.
    /// </summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Read.</param>
    /// <param name="y">Written; of x's extent.</param>
    /// <param name="groups">Parts, each copied on its own; the part's length is a multiple of <see cref="CopyStep"/>.</param>
    /// <param name="turns">How often each part is copied.</param>
    /// <exception cref="ArgumentException">The extents differ, or do not come apart so.</exception>
    public static void Copy(Stream stream, Tensor x, Tensor y, int groups, int turns)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Shape} cannot be copied to {y.Shape}");
        if (groups < 1 || x.Length % (groups * CopyStep) != 0)
            throw new ArgumentException($"{x.Length} elements do not come apart into {groups} groups of a multiple of {CopyStep}");
        stream.Launch(CopyKernel, new KernelConfig((Index1D)groups, Threads), x.View, y.View, x.Length / groups, turns);
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

    // One group of 16 threads per part; eight vectors a turn of the inner loop, so that the loop itself costs nothing.
    static void CopyKernel(ArrayView<float> x, ArrayView<float> y, int length, int turns)
    {
        int first = Grid.IdxX * length + Group.IdxX;
        for (int turn = 0; turn < turns; turn++)
        {
            for (int at = 0; at < length; at += CopyStep)
            {
                for (int v = 0; v < CopyVectors; v++)
                    y[first + at + v * Threads] = x[first + at + v * Threads];
            }
        }
    }
}
