// What a device can do at most, by kernels that do nothing else:
//   y[i] = sum of 24 chains of n fused multiply-adds each         y [groups * 16]   x [32]: a factor and a summand for each thread of a group
//   y[i] = x[i], again and again                                  x, y [groups * length], length a multiple of 128
//   y[i] *= factor, again and again                               y [groups * length]
//   y[i] = sum of every 16th x of the group, again and again      x [groups * length]   y [groups * 16]
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Kernels that measure a device: its rate of arithmetic and its rate of copying.</summary>
public static class RooflineOp
{
    // As many chains as hide the latency of a multiply-add, few enough to stay in the registers of a vector unit.
    const int Threads = 16;
    const int Chains = 24;

    const int Vectors = 8;

    /// <summary>Elements that <see cref="Copy"/> moves in one turn of its loop.</summary>
    public const int Step = Vectors * Threads;

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

    /// <summary><c>y = x</c>, again and again: with few bytes in a group the copies stay in a cache, with many they go to memory.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Read.</param>
    /// <param name="y">Written; of x's extent.</param>
    /// <param name="groups">Parts, each copied on its own; the part's length is a multiple of <see cref="Step"/>.</param>
    /// <param name="turns">How often each part is copied.</param>
    /// <exception cref="ArgumentException">The extents differ, or do not come apart so.</exception>
    public static void Copy(Stream stream, Tensor x, Tensor y, int groups, int turns)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Shape} cannot be copied to {y.Shape}");
        stream.Launch(CopyKernel, Parts(x, groups), x.View, y.View, x.Length / groups, turns);
    }

    /// <summary><c>y = factor y</c>, again and again: unlike a copy, it writes where it has just read.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="y">Read and written.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="groups">Parts, as for <see cref="Copy"/>.</param>
    /// <param name="turns">How often each part is updated.</param>
    /// <exception cref="ArgumentException">The extent does not come apart so.</exception>
    public static void Update(Stream stream, Tensor y, float factor, int groups, int turns) =>
        stream.Launch(UpdateKernel, Parts(y, groups), y.View, factor, y.Length / groups, turns);

    /// <summary>Reads x again and again, and writes next to nothing.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Read.</param>
    /// <param name="y">16 sums of each group; written.</param>
    /// <param name="groups">Parts, as for <see cref="Copy"/>.</param>
    /// <param name="turns">How often each part is read.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Read(Stream stream, Tensor x, Tensor y, int groups, int turns)
    {
        if (y.Length != groups * Threads)
            throw new ArgumentException($"{groups} groups have {groups * Threads} sums, not {y.Length}");
        stream.Launch(ReadKernel, Parts(x, groups), x.View, y.View, x.Length / groups, turns);
    }

    static KernelConfig Parts(Tensor x, int groups) => groups >= 1 && x.Length % (groups * Step) == 0
        ? new KernelConfig((Index1D)groups, Threads)
        : throw new ArgumentException($"{x.Length} elements do not come apart into {groups} groups of a multiple of {Step}");

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
            for (int at = 0; at < length; at += Step)
            {
                for (int v = 0; v < Vectors; v++)
                    y[first + at + v * Threads] = x[first + at + v * Threads];
            }
        }
    }

    // As the copy.
    static void UpdateKernel(ArrayView<float> y, float factor, int length, int turns)
    {
        int first = Grid.IdxX * length + Group.IdxX;
        for (int turn = 0; turn < turns; turn++)
        {
            for (int at = 0; at < length; at += Step)
            {
                for (int v = 0; v < Vectors; v++)
                    y[first + at + v * Threads] *= factor;
            }
        }
    }

    // As the copy, with a sum for each of the eight vectors, so that none waits for the one before.
    static void ReadKernel(ArrayView<float> x, ArrayView<float> y, int length, int turns)
    {
        int first = Grid.IdxX * length + Group.IdxX;
        ArrayView<float> sums = LocalMemory.Allocate<float>(Vectors);
        for (int v = 0; v < Vectors; v++)
            sums[v] = 0f;
        for (int turn = 0; turn < turns; turn++)
        {
            for (int at = 0; at < length; at += Step)
            {
                for (int v = 0; v < Vectors; v++)
                    sums[v] += x[first + at + v * Threads];
            }
        }

        float sum = 0f;
        for (int v = 0; v < Vectors; v++)
            sum += sums[v];
        y[Grid.IdxX * Threads + Group.IdxX] = sum;
    }
}
