// Sums over whole ranges, in two levels of fixed order:
//   partial[c] = sum over i in chunk c of x[i]  or  x[i]^2,   chunks of 4,096 elements, each over the lanes of a group (see Lanes.cs)
//   y = scale * sum over c of partial[c], likewise        written (=) or, with accumulate, added to (+=)
// The order depends on the length alone, never on the device or the number of threads. Losses compute their terms in the first level themselves.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Sums and sums of squares of whole tensors, the same bits on each device.</summary>
public static class ReductionOp
{
    /// <summary>Elements of a chunk: parts of a range that begin at multiples of it have its own partial sums.</summary>
    public const int Chunk = 4096;

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
        RequirePartials(x.Length, partials.View);
        stream.Launch(PartialSumKernel, Lanes.Groups(stream, partials.Length), x.View, partials.View, x.Length);
        Total(stream, partials, y, scale, accumulate);
    }

    /// <summary>The second level of a sum: <c>y = scale * sum of partials</c>, or <c>y += scale * sum of partials</c>.</summary>
    /// <exception cref="ArgumentException">y has more than one element, or none.</exception>
    public static void Total(Stream stream, Tensor partials, Tensor y, float scale = 1f, bool accumulate = false)
    {
        if (y.Length != 1)
            throw new ArgumentException($"a sum gives one element, not {y.Shape}");
        stream.Launch(TotalKernel, Lanes.Groups(stream, 1), partials.View, y.View, partials.Length, scale, accumulate ? 1 : 0);
    }

    /// <summary>The first level of a sum of squares: <c>partials[c]</c> is that of chunk c.</summary>
    /// <exception cref="ArgumentException">The range is too long, or there are not <see cref="Partials"/> elements of working space.</exception>
    public static void PartialSumsOfSquares(Stream stream, ArrayView<float> x, ArrayView<float> partials)
    {
        RequirePartials(x.Length, partials);
        stream.Launch(PartialSquaresKernel, Lanes.Groups(stream, partials.IntLength), x, partials, x.IntLength);
    }

    /// <summary>The second level of a Euclidean norm: <c>y = sqrt(sum of partials)</c>; y has one element.</summary>
    public static void Norm(Stream stream, ArrayView<float> partials, ArrayView<float> y) =>
        stream.Launch(NormKernel, Lanes.Groups(stream, 1), partials, y, partials.IntLength);

    /// <summary>Refuses working space that does not fit.</summary>
    internal static void RequirePartials(long length, ArrayView<float> partials)
    {
        if (length > int.MaxValue)
            throw new ArgumentException($"a sum over {length} elements is longer than 2^31 - 1");
        if (partials.Length != Partials(length))
            throw new ArgumentException($"a sum over {length} elements has {Partials(length)} partial sums, not {partials.Length}");
    }

    /// <summary>In a kernel, the elements of the group's chunk.</summary>
    internal static int ChunkLength(int n) => IntrinsicMath.Min(n - Chunk * Grid.IdxX, Chunk);

    // One group per chunk.
    static void PartialSumKernel(ArrayView<float> x, ArrayView<float> partials, int n) =>
        partials[Grid.IdxX] = Lanes.Sum(new ValueTerm(x, Chunk * Grid.IdxX), 0, ChunkLength(n));

    // One group per chunk.
    static void PartialSquaresKernel(ArrayView<float> x, ArrayView<float> partials, int n) =>
        partials[Grid.IdxX] = Lanes.Sum(new ProductTerm(x, x, Chunk * Grid.IdxX), 0, ChunkLength(n));

    // One group.
    static void TotalKernel(ArrayView<float> partials, ArrayView<float> y, int count, float scale, int accumulate)
    {
        float total = scale * Lanes.Sum(new ValueTerm(partials, 0), 0, count);
        if (Group.IdxX == 0)
            y[0] = accumulate == 0 ? total : y[0] + total;
    }

    // One group.
    static void NormKernel(ArrayView<float> partials, ArrayView<float> y, int count) =>
        y[0] = StrictMath.Sqrt(Lanes.Sum(new ValueTerm(partials, 0), 0, count));
}
