// Sums over whole ranges, in two levels of fixed order:
//   partial[c] = sum over i in chunk c of x[i]  or  x[i]^2,   chunks of 4,096 elements, within them runs of 64
//   y = scale * sum over c of partial[c]        written (=) or, with accumulate, added to (+=)
// The order depends on the length alone, never on the device or the number of threads.
namespace Dalle2.Kernels;

/// <summary>Sums and sums of squares of whole tensors, the same bits on each device.</summary>
public static class ReductionOp
{
    const int Chunk = 4096;
    const int Run = 64;

    /// <summary>How many partial sums a range of <paramref name="length"/> elements has.</summary>
    public static int Partials(long length) => (int)((length + Chunk - 1) / Chunk);

    /// <summary><c>y = scale * sum of x</c>, or <c>y += scale * sum of x</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="partials">Working space of <see cref="Partials"/> elements, overwritten.</param>
    /// <param name="y">One element.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <param name="accumulate">Add to y instead of writing it.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Sum(Stream stream, Tensor x, Tensor partials, Tensor y, float scale = 1f, bool accumulate = false)
    {
        if (y.Length != 1)
            throw new ArgumentException($"a sum over {x.Shape} gives one element, not {y.Shape}");
        RequirePartials(x.View, partials.View);
        stream.Launch(PartialSumKernel, partials.Length, x.View, partials.View, x.Length);
        stream.Launch(TotalKernel, 1, partials.View, y.View, partials.Length, scale, accumulate ? 1 : 0);
    }

    /// <summary>The first level of a sum of squares: <c>partials[c]</c> is that of chunk c.</summary>
    /// <exception cref="ArgumentException">The range is too long, or there are not <see cref="Partials"/> elements of working space.</exception>
    public static void PartialSumsOfSquares(Stream stream, ArrayView<float> x, ArrayView<float> partials)
    {
        RequirePartials(x, partials);
        stream.Launch(PartialSquaresKernel, partials.IntLength, x, partials, x.IntLength);
    }

    /// <summary>The second level of a Euclidean norm: <c>y = sqrt(sum of partials)</c>; y has one element.</summary>
    public static void Norm(Stream stream, ArrayView<float> partials, ArrayView<float> y) =>
        stream.Launch(NormKernel, 1, partials, y, partials.IntLength);

    static void RequirePartials(ArrayView<float> x, ArrayView<float> partials)
    {
        if (x.Length > int.MaxValue)
            throw new ArgumentException($"a sum over {x.Length} elements is longer than 2^31 - 1");
        if (partials.Length != Partials(x.Length))
            throw new ArgumentException($"a sum over {x.Length} elements has {Partials(x.Length)} partial sums, not {partials.Length}");
    }

    // One thread per chunk.
    static void PartialSumKernel(Index1D chunk, ArrayView<float> x, ArrayView<float> partials, int n)
    {
        int first = Chunk * chunk;
        partials[chunk] = SumRange(x, first, first + IntrinsicMath.Min(n - first, Chunk));
    }

    // One thread per chunk.
    static void PartialSquaresKernel(Index1D chunk, ArrayView<float> x, ArrayView<float> partials, int n)
    {
        int first = Chunk * chunk;
        int end = first + IntrinsicMath.Min(n - first, Chunk);
        float total = 0f;
        for (int start = first; start < end; start += Run)
        {
            float sum = 0f;
            int stop = start + IntrinsicMath.Min(end - start, Run);
            for (int i = start; i < stop; i++)
                sum = Fused.MultiplyAdd(x[i], x[i], sum);
            total += sum;
        }

        partials[chunk] = total;
    }

    // One thread.
    static void TotalKernel(Index1D index, ArrayView<float> partials, ArrayView<float> y, int count, float scale, int accumulate)
    {
        float total = scale * SumRange(partials, 0, count);
        y[index] = accumulate == 0 ? total : y[index] + total;
    }

    // One thread.
    static void NormKernel(Index1D index, ArrayView<float> partials, ArrayView<float> y, int count) =>
        y[index] = XMath.Sqrt(SumRange(partials, 0, count));

    static float SumRange(ArrayView<float> x, int first, int end)
    {
        float total = 0f;
        for (int start = first; start < end; start += Run)
        {
            float sum = 0f;
            int stop = start + IntrinsicMath.Min(end - start, Run);
            for (int i = start; i < stop; i++)
                sum += x[i];
            total += sum;
        }

        return total;
    }
}
