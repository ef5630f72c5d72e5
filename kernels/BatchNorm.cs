// Batch normalisation:  y = (x - mean) * rstd * gamma + beta,  rstd = 1 / sqrt(variance + eps), per column over all rows
//   x, y, dx, dy [rows, cols]   gamma, beta, mean, rstd, running mean and variance [cols]   partial sums [ceil(rows / 64), cols]
// Training: mean and variance (divided by rows, from a second pass around the mean) of x;
//   running mean += momentum (mean - running mean), the same for the variance, there divided by rows - 1            (updated in place)
// Inference: the running statistics.  Kept: x, mean, rstd.  Normalising and the backward pass: see Normalization.cs.
namespace Dalle2.Kernels;

/// <summary>Batch normalisation.</summary>
public static class BatchNormOp
{
    /// <summary>Extents of the two tensors of partial sums that the passes of training take: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => NormalizationOp.Chunks(rows);

    /// <summary>The batch's mean and rstd; moves the running statistics.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">At least one row.</param>
    /// <param name="partial">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="mean">Written.</param>
    /// <param name="rstd">Written.</param>
    /// <param name="runningMean">Updated.</param>
    /// <param name="runningVariance">Updated.</param>
    /// <param name="momentum">How much of the batch goes into the running statistics.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public static void Statistics(
        Stream stream, Tensor x, Tensor partial, Tensor mean, Tensor rstd, Tensor runningMean, Tensor runningVariance, float momentum, float eps)
    {
        if (x.Rows == 0)
            throw new ArgumentException($"batch normalisation has no statistics of an empty batch {x.Shape}");
        int chunks = PartialRows(x.Rows);
        stream.Launch(SumKernel, chunks * x.Cols, x.View, partial.View, x.Rows, x.Cols);
        stream.Launch(MeanKernel, x.Cols, partial.View, mean.View, runningMean.View, x.Rows, chunks, momentum);
        stream.Launch(SquareKernel, chunks * x.Cols, x.View, mean.View, partial.View, x.Rows, x.Cols);
        stream.Launch(VarianceKernel, x.Cols, partial.View, rstd.View, runningVariance.View, x.Rows, chunks, momentum, eps);
    }

    /// <summary><c>rstd = 1 / sqrt(variance + eps)</c>, of the running variance.</summary>
    public static void RunningDeviation(Stream stream, Tensor runningVariance, Tensor rstd, float eps) =>
        stream.Launch(DeviationKernel, rstd.Length, runningVariance.View, rstd.View, eps);

    /// <summary><c>y = (x - mean) * rstd * gamma + beta</c>.</summary>
    public static void Normalize(Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor y) =>
        NormalizationOp.Normalize(stream, x, gamma, beta, mean, rstd, y, default(ColumnStatistics));

    /// <summary>The backward pass of training: writes dx, adds to dgamma and dbeta.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="mean">The batch's.</param>
    /// <param name="rstd">The batch's.</param>
    /// <param name="partialGamma">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="partialBeta">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="avgG">Scratch, <c>[cols]</c>.</param>
    /// <param name="avgGn">Scratch, <c>[cols]</c>.</param>
    /// <param name="dx">Written.</param>
    /// <param name="dgamma">Added to.</param>
    /// <param name="dbeta">Added to.</param>
    public static void Backward(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor mean, Tensor rstd,
        Tensor partialGamma, Tensor partialBeta, Tensor avgG, Tensor avgGn, Tensor dx, Tensor dgamma, Tensor dbeta)
    {
        NormalizationOp.ParameterGradients(stream, x, dy, mean, rstd, partialGamma, partialBeta, dgamma, dbeta, default(ColumnStatistics));
        int chunks = PartialRows(x.Rows);
        stream.Launch(AverageKernel, x.Cols, partialBeta.View, gamma.View, avgG.View, x.Rows, chunks);
        stream.Launch(AverageKernel, x.Cols, partialGamma.View, gamma.View, avgGn.View, x.Rows, chunks);
        NormalizationOp.InputGradient(stream, x, dy, gamma, mean, rstd, avgG, avgGn, dx, default(ColumnStatistics));
    }

    // One thread per chunk of rows and column; neighbouring threads read neighbouring columns.
    static void SumKernel(Index1D index, ArrayView<float> x, ArrayView<float> partial, int rows, int cols)
    {
        int chunk = index / cols, col = index - chunk * cols;
        int end = IntrinsicMath.Min((chunk + 1) * NormalizationOp.ChunkRows, rows);
        float sum = 0f;
        for (int row = chunk * NormalizationOp.ChunkRows; row < end; row++)
            sum += x[row * cols + col];
        partial[index] = sum;
    }

    // As SumKernel, of the squared distances from the mean.
    static void SquareKernel(Index1D index, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> partial, int rows, int cols)
    {
        int chunk = index / cols, col = index - chunk * cols;
        int end = IntrinsicMath.Min((chunk + 1) * NormalizationOp.ChunkRows, rows);
        float sum = 0f, center = mean[col];
        for (int row = chunk * NormalizationOp.ChunkRows; row < end; row++)
        {
            float distance = x[row * cols + col] - center;
            sum = Fused.MultiplyAdd(distance, distance, sum);
        }

        partial[index] = sum;
    }

    // One thread per column, as in the kernels below.
    static void MeanKernel(Index1D col, ArrayView<float> partial, ArrayView<float> mean, ArrayView<float> running, int rows, int chunks, float momentum)
    {
        float value = Fold(partial, col, chunks, mean.IntLength) / rows;
        mean[col] = value;
        running[col] = Fused.MultiplyAdd(momentum, value - running[col], running[col]);
    }

    static void VarianceKernel(Index1D col, ArrayView<float> partial, ArrayView<float> rstd, ArrayView<float> running, int rows, int chunks, float momentum, float eps)
    {
        float squares = Fold(partial, col, chunks, rstd.IntLength);
        rstd[col] = XMath.Rsqrt(squares / rows + eps);
        float unbiased = squares / IntrinsicMath.Max(rows - 1, 1);
        running[col] = Fused.MultiplyAdd(momentum, unbiased - running[col], running[col]);
    }

    static void DeviationKernel(Index1D col, ArrayView<float> variance, ArrayView<float> rstd, float eps) => rstd[col] = XMath.Rsqrt(variance[col] + eps);

    static void AverageKernel(Index1D col, ArrayView<float> partial, ArrayView<float> gamma, ArrayView<float> average, int rows, int chunks) =>
        average[col] = gamma[col] * Fold(partial, col, chunks, average.IntLength) / rows;

    static float Fold(ArrayView<float> partial, int col, int chunks, int cols)
    {
        float sum = 0f;
        for (int chunk = 0; chunk < chunks; chunk++)
            sum += partial[chunk * cols + col];
        return sum;
    }
}
