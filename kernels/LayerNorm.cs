// Layer normalization over the last axis (Ba, Kiros and Hinton, 2016):  y = n * gamma + beta,  n = (x - mean) * rstd,  rstd = 1 / sqrt(variance + eps), per row
//   x, y, dx, dy [rows, cols]   gamma, beta, dgamma, dbeta [cols]   mean, rstd [rows]      Kept: x, mean, rstd.
//   The variance is divided by cols and comes from a second pass around the mean.
// Backward, g = dy * gamma:  dx = (g - avg(g) - n * avg(g * n)) * rstd                                                    (written, =)
//   dgamma += sum over rows of dy * n,  dbeta += sum over rows of dy: in chunks of 16 rows, then over the chunks in rising order  (accumulated, +=)
// Sums over a row: see Lanes.cs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Layer normalization of each row, and its gradients.</summary>
public static class LayerNormOp
{
    const int ChunkRows = 16;

    /// <summary>Extents of the two tensors of partial sums that Backward takes: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => IntrinsicMath.DivRoundUp(rows, ChunkRows);

    /// <summary>The normalized rows, and what Backward needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input; the last axis is normalized.</param>
    /// <param name="gamma">The scale, <c>[cols]</c>.</param>
    /// <param name="beta">The shift, <c>[cols]</c>.</param>
    /// <param name="y">Written.</param>
    /// <param name="mean">Written, <c>[rows]</c>.</param>
    /// <param name="rstd">Written, <c>[rows]</c>.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor y, Tensor mean, Tensor rstd, float eps)
    {
        Require(x, y, gamma, beta, mean, rstd);
        stream.Launch(ForwardKernel, Lanes.Groups(stream, x.Rows), x.View, gamma.View, beta.View, y.View, mean.View, rstd.View, x.Cols,
            eps);
    }

    /// <summary>The backward pass: writes dx, adds to dgamma and dbeta.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="mean">From Forward.</param>
    /// <param name="rstd">From Forward.</param>
    /// <param name="partialGamma">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="partialBeta">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="dx">Written.</param>
    /// <param name="dgamma">Added to.</param>
    /// <param name="dbeta">Added to.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor mean, Tensor rstd, Tensor partialGamma, Tensor partialBeta,
        Tensor dx, Tensor dgamma, Tensor dbeta)
    {
        Require(x, dy, gamma, dgamma, mean, rstd);
        Require(x, dx, gamma, dbeta, mean, rstd);
        int chunks = PartialRows(x.Rows);
        stream.Launch(
            BackwardKernel, Lanes.Groups(stream, chunks), x.View, dy.View, gamma.View, mean.View, rstd.View, dx.View, partialGamma.View,
            partialBeta.View, x.Rows, x.Cols);
        ColumnSumOp.AddChunks(stream, partialGamma, dgamma, chunks);
        ColumnSumOp.AddChunks(stream, partialBeta, dbeta, chunks);
    }

    static void Require(Tensor x, Tensor y, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd)
    {
        if (x.Shape != y.Shape || gamma.Length != x.Cols || beta.Length != x.Cols || mean.Length != x.Rows || rstd.Length != x.Rows)
        {
            throw new ArgumentException($"{gamma.Length} and {beta.Length} values per column, {mean.Length} and "
                + $"{rstd.Length} per row and results of {y.Shape} do not fit {x.Shape}");
        }
    }

    // One group per row, which stays in the cache.
    static void ForwardKernel(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd,
        int cols, float eps)
    {
        int row = Grid.IdxX, first = row * cols;
        float center = Lanes.Sum(new Value(x, first), 0, cols) / cols;
        float scale = StrictMath.Rsqrt(Lanes.Sum(new Square(x, first, center), 0, cols) / cols + eps);
        mean[row] = center;
        rstd[row] = scale;
        Lanes.ForEach(new Normalize(x, gamma, beta, y, first, center, scale), 0, cols);
    }

    // One group per chunk of rows; its sums over them are in the cache too.
    static void BackwardKernel(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> dx,
        ArrayView<float> partialGamma, ArrayView<float> partialBeta, int rows, int cols)
    {
        int chunk = Grid.IdxX, end = IntrinsicMath.Min((chunk + 1) * ChunkRows, rows);
        Lanes.ForEach(new Clear(partialGamma, partialBeta), chunk * cols, (chunk + 1) * cols);
        for (int row = chunk * ChunkRows; row < end; row++)
        {
            float center = mean[row], scale = rstd[row];
            SumPair sums = Lanes.Sums(new Products(x, dy, gamma, row * cols, center, scale), 0, cols);
            Lanes.ForEach(
                new Differentiate(x, dy, gamma, dx, partialGamma, partialBeta, row * cols, chunk * cols, center, scale, sums.First / cols,
                sums.Second / cols), 0, cols);
        }
    }

    readonly record struct Value(ArrayView<float> X, int First) : ITerm
    {
        public float Add(float sum, int at) => sum + X[First + at];
    }

    readonly record struct Square(ArrayView<float> X, int First, float Center) : ITerm
    {
        public float Add(float sum, int at)
        {
            float distance = X[First + at] - Center;
            return Fused.MultiplyAdd(distance, distance, sum);
        }
    }

    readonly record struct Normalize(
        ArrayView<float> X, ArrayView<float> Gamma, ArrayView<float> Beta, ArrayView<float> Y, int First, float Center, float Scale)
        : IElement
    {
        public void Do(int at) => Y[First + at] = Fused.MultiplyAdd((X[First + at] - Center) * Scale, Gamma[at], Beta[at]);
    }

    readonly record struct Clear(ArrayView<float> First, ArrayView<float> Second) : IElement
    {
        public void Do(int at)
        {
            First[at] = 0f;
            Second[at] = 0f;
        }
    }

    // g and g * n.
    readonly record struct Products(ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> Gamma, int First, float Center, float Scale)
        : ITermPair
    {
        public float AddFirst(float sum, int at) => Fused.MultiplyAdd(Dy[First + at], Gamma[at], sum);

        public float AddSecond(float sum, int at) => Fused.MultiplyAdd(Dy[First + at] * Gamma[at], (X[First + at] - Center) * Scale, sum);
    }

    readonly record struct Differentiate(
        ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> Gamma, ArrayView<float> Dx, ArrayView<float> PartialGamma,
        ArrayView<float> PartialBeta,
        int First, int Partial, float Center, float Scale, float Average, float ProductAverage) : IElement
    {
        public void Do(int at)
        {
            float dy = Dy[First + at], n = (X[First + at] - Center) * Scale;
            Dx[First + at] = (dy * Gamma[at] - Average - n * ProductAverage) * Scale;
            PartialGamma[Partial + at] = Fused.MultiplyAdd(dy, n, PartialGamma[Partial + at]);
            PartialBeta[Partial + at] += dy;
        }
    }
}
