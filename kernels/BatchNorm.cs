// Batch normalization:  y = (x - mean) * rstd * gamma + beta,  rstd = 1 / sqrt(variance + eps), per column over all rows
//   x, y, dx, dy [rows, cols]   gamma, beta, mean, rstd, running mean and variance [cols]   partial sums [ceil(rows / 64), cols]
// Training: mean and variance (divided by rows) of x;
//   running mean += momentum (mean - running mean), the same for the variance, there divided by rows - 1            (updated in place)
// Inference: the running statistics.  Kept: x, mean, rstd.  Statistics, normalizing and the backward pass: see Normalization.cs, with one sample of all rows.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Batch normalization.</summary>
public static class BatchNormOp
{
    /// <summary>Extents of the two tensors of partial sums that the passes of training take: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => Columns.Chunks(rows);

    /// <summary>The batch's mean and rstd; moves the running statistics.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">At least one row.</param>
    /// <param name="partialMeans">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="partialSquares">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="mean">Written.</param>
    /// <param name="rstd">Written.</param>
    /// <param name="runningMean">Updated.</param>
    /// <param name="runningVariance">Updated.</param>
    /// <param name="momentum">How much of the batch goes into the running statistics.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public static void Statistics(
        Stream stream, Tensor x, Tensor partialMeans, Tensor partialSquares, Tensor mean, Tensor rstd, Tensor runningMean,
        Tensor runningVariance,
        float momentum, float eps)
    {
        if (x.Rows == 0)
            throw new ArgumentException($"batch normalization has no statistics of an empty batch {x.Shape}");
        NormalizationOp.Statistics(stream, x, partialMeans, partialSquares, new SampleRows(x.Rows));
        stream.Launch(
            StatisticsKernel, x.Cols, partialMeans.View, partialSquares.View, mean.View, rstd.View, runningMean.View, runningVariance.View,
            x.Rows, PartialRows(x.Rows), momentum, eps);
    }

    /// <summary><c>rstd = 1 / sqrt(variance + eps)</c>, of the running variance.</summary>
    public static void RunningDeviation(Stream stream, Tensor runningVariance, Tensor rstd, float eps) =>
        stream.Launch(DeviationKernel, rstd.Length, runningVariance.View, rstd.View, eps);

    /// <summary><c>y = (x - mean) * rstd * gamma + beta</c>.</summary>
    public static void Normalize(Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor y) =>
        NormalizationOp.Normalize(stream, x, gamma, beta, mean, rstd, y, new SampleRows(x.Rows), default(ColumnStatistics));

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
        var samples = new SampleRows(x.Rows);
        NormalizationOp.ParameterGradients(stream, x, dy, mean, rstd, partialGamma, partialBeta, dgamma, dbeta, samples,
            default(ColumnStatistics));
        int chunks = PartialRows(x.Rows);
        stream.Launch(AverageKernel, x.Cols, partialBeta.View, gamma.View, avgG.View, x.Rows, chunks);
        stream.Launch(AverageKernel, x.Cols, partialGamma.View, gamma.View, avgGn.View, x.Rows, chunks);
        NormalizationOp.InputGradient(stream, x, dy, gamma, mean, rstd, avgG, avgGn, dx, samples, default(ColumnStatistics));
    }

    // One thread per column, as in the kernels below.
    static void StatisticsKernel(
        Index1D col, ArrayView<float> means, ArrayView<float> squares, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> runningMean, ArrayView<float> runningVariance, int rows, int chunks, float momentum, float eps)
    {
        int cols = mean.IntLength;
        var samples = new SampleRows(rows);
        float sum = 0f, distances = 0f;
        for (int chunk = 0; chunk < chunks; chunk++)
            sum = Fused.MultiplyAdd(samples.Count(chunk), means[chunk * cols + col], sum);
        float center = sum / rows;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            float distance = means[chunk * cols + col] - center;
            distances += Fused.MultiplyAdd(distance * distance, samples.Count(chunk), squares[chunk * cols + col]);
        }

        mean[col] = center;
        rstd[col] = StrictMath.Rsqrt(distances / rows + eps);
        runningMean[col] = Fused.MultiplyAdd(momentum, center - runningMean[col], runningMean[col]);
        float unbiased = distances / IntrinsicMath.Max(rows - 1, 1);
        runningVariance[col] = Fused.MultiplyAdd(momentum, unbiased - runningVariance[col], runningVariance[col]);
    }

    static void DeviationKernel(Index1D col, ArrayView<float> variance, ArrayView<float> rstd, float eps) =>
        rstd[col] = StrictMath.Rsqrt(variance[col] + eps);

    static void AverageKernel(Index1D col, ArrayView<float> partial, ArrayView<float> gamma, ArrayView<float> average, int rows,
        int chunks) =>
        average[col] = gamma[col] * ColumnSumOp.Fold(partial, col, chunks, average.IntLength) / rows;
}
