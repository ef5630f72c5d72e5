// Root mean square normalization:  y = x * rstd * gamma,  rstd = 1 / sqrt(mean(x^2) + eps), per row      (Zhang and Sennrich, 2019, arXiv 1910.07467)
//   x, y, dx, dy [rows, cols]   gamma, dgamma [cols]   rstd [rows]      Kept: x, rstd.
// Backward:  dx = dy gamma rstd - x slope,  slope = rstd^3 * mean over the row of dy gamma x   (written, =)
//            dgamma[col] += sum over the rows of dy x rstd: in chunks of 16 rows, then over the chunks, see ColumnSum.cs     (accumulated, +=)
// Sums over a row: see Lanes.cs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Root mean square normalization of each row, and its gradients.</summary>
public static class RmsNormOp
{
    const int ChunkRows = 16;

    /// <summary>Extents of the tensor of partial sums that Backward takes: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => IntrinsicMath.DivRoundUp(rows, ChunkRows);

    /// <summary><c>y = x * rstd * gamma</c>, and the rstd that Backward needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input; the last axis is normalized.</param>
    /// <param name="gamma">The scale, <c>[cols]</c>.</param>
    /// <param name="y">Written.</param>
    /// <param name="rstd">Written, <c>[rows]</c>.</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor gamma, Tensor y, Tensor rstd, float eps)
    {
        Require(x, gamma, y, rstd);
        stream.Launch(ForwardKernel, Lanes.Groups(stream, x.Rows), x.View, gamma.View, y.View, rstd.View, x.Cols, eps);
    }

    /// <summary>The backward pass: writes dx, adds to dgamma.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="rstd">From Forward.</param>
    /// <param name="partial">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="dx">Written.</param>
    /// <param name="dgamma">Added to.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor rstd, Tensor partial, Tensor dx, Tensor dgamma)
    {
        Require(x, gamma, dy, rstd);
        Require(x, dgamma, dx, rstd);
        int chunks = PartialRows(x.Rows);
        stream.Launch(
            BackwardKernel, Lanes.Groups(stream, chunks), x.View, dy.View, gamma.View, rstd.View, dx.View, partial.View, x.Rows, x.Cols);
        ColumnSumOp.AddChunks(stream, partial, dgamma, chunks);
    }

    static void Require(Tensor x, Tensor gamma, Tensor y, Tensor perRow)
    {
        if (x.Shape != y.Shape || gamma.Length != x.Cols || perRow.Length != x.Rows)
        {
            throw new ArgumentException(
                $"{gamma.Length} scales, {perRow.Length} values per row and results of {y.Shape} do not fit {x.Shape}");
        }
    }

    // One group per row, which stays in the cache.
    static void ForwardKernel(ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> y, ArrayView<float> rstd, int cols, float eps)
    {
        int row = Grid.IdxX, first = row * cols;
        float scale = StrictMath.Rsqrt(Lanes.Sum(new ProductTerm(x, x, first), 0, cols) / cols + eps);
        rstd[row] = scale;
        Lanes.ForEach(new Normalize(x, gamma, y, first, scale), 0, cols);
    }

    // One group per chunk of rows; its sums over them are in the cache too.
    static void BackwardKernel(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> rstd, ArrayView<float> dx,
        ArrayView<float> partial, int rows, int cols)
    {
        int chunk = Grid.IdxX, end = IntrinsicMath.Min((chunk + 1) * ChunkRows, rows);
        Lanes.ForEach(new Clear(partial), chunk * cols, (chunk + 1) * cols);
        for (int row = chunk * ChunkRows; row < end; row++)
        {
            int first = row * cols;
            float scale = rstd[row], slope = Lanes.Sum(new Product(x, dy, gamma, first), 0, cols) / cols * scale * scale * scale;
            Lanes.ForEach(new Differentiate(x, dy, gamma, dx, partial, first, chunk * cols, scale, slope), 0, cols);
        }
    }

    readonly record struct Normalize(ArrayView<float> X, ArrayView<float> Gamma, ArrayView<float> Y, int First, float Scale) : IElement
    {
        public void Do(int at) => Y[First + at] = X[First + at] * Scale * Gamma[at];
    }

    readonly record struct Clear(ArrayView<float> Partial) : IElement
    {
        public void Do(int at) => Partial[at] = 0f;
    }

    readonly record struct Product(ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> Gamma, int First) : ITerm
    {
        public float Add(float sum, int at) => Fused.MultiplyAdd(Dy[First + at] * Gamma[at], X[First + at], sum);
    }

    readonly record struct Differentiate(
        ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> Gamma, ArrayView<float> Dx, ArrayView<float> Partial,
        int First, int FirstPartial, float Scale, float Slope) : IElement
    {
        public void Do(int at)
        {
            float x = X[First + at], dy = Dy[First + at];
            Dx[First + at] = dy * Gamma[at] * Scale - x * Slope;
            Partial[FirstPartial + at] = Fused.MultiplyAdd(dy * Scale, x, Partial[FirstPartial + at]);
        }
    }
}
