// What batch, group and layer normalisation share. Each element of x [rows, cols] belongs to one statistic st (mean and rstd = 1 / sqrt(variance + eps)):
//   n = (x - mean[st]) * rstd[st],  y = n * gamma[col] + beta[col]                                                 (y written, =)
// Backward, g = dy * gamma, avg over the elements of the statistic:  dx = (g - avg(g) - n * avg(g * n)) * rstd[st]   (written, =)
//   dgamma += sum over rows of dy * n,  dbeta += sum over rows of dy                                               (accumulated, +=)
//   Sums over rows: first in chunks of 64 rows, then over the chunks in rising order.
namespace Dalle2.Kernels;

/// <summary>Which statistic an element of [rows, cols] belongs to.</summary>
interface IStatisticsLayout
{
    int Index(int row, int col);
}

/// <summary>One statistic per column: batch normalisation.</summary>
readonly record struct ColumnStatistics : IStatisticsLayout
{
    public int Index(int row, int col) => col;
}

/// <summary>One statistic per sample and group of columns: group normalisation, and with one row per sample and one group, layer normalisation.</summary>
/// <param name="RowsPerSample">Pixels.</param>
/// <param name="Groups">Groups of columns.</param>
/// <param name="GroupCols">Columns of a group.</param>
readonly record struct GroupStatistics(int RowsPerSample, int Groups, int GroupCols) : IStatisticsLayout
{
    public int Index(int row, int col) => row / RowsPerSample * Groups + col / GroupCols;
}

/// <summary>The kernels of all normalisations.</summary>
static class NormalizationOp
{
    public const int ChunkRows = 64;

    /// <summary>Chunks of rows: what the tensors of partial sums have as rows.</summary>
    public static int Chunks(int rows) => IntrinsicMath.DivRoundUp(rows, ChunkRows);

    public static void Normalize<T>(Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor y, T layout)
        where T : unmanaged, IStatisticsLayout =>
        stream.Launch(NormalizeKernel, x.Length, x.View, gamma.View, beta.View, mean.View, rstd.View, y.View, x.Cols, layout);

    /// <summary>Adds the gradients of gamma and beta; leaves the chunks' sums of <c>dy n</c> and <c>dy</c> in the two partial tensors [chunks, cols].</summary>
    public static void ParameterGradients<T>(
        Stream stream, Tensor x, Tensor dy, Tensor mean, Tensor rstd, Tensor partialGamma, Tensor partialBeta, Tensor dgamma, Tensor dbeta, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        stream.Launch(
            PartialKernel, Chunks(x.Rows) * x.Cols, x.View, dy.View, mean.View, rstd.View, partialGamma.View, partialBeta.View, x.Rows, x.Cols, layout);
        stream.Launch(FoldKernel, x.Cols, partialGamma.View, dgamma.View, Chunks(x.Rows), x.Cols);
        stream.Launch(FoldKernel, x.Cols, partialBeta.View, dbeta.View, Chunks(x.Rows), x.Cols);
    }

    public static void InputGradient<T>(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor mean, Tensor rstd, Tensor avgG, Tensor avgGn, Tensor dx, T layout)
        where T : unmanaged, IStatisticsLayout =>
        stream.Launch(
            InputGradientKernel, x.Length, x.View, dy.View, gamma.View, mean.View, rstd.View, avgG.View, avgGn.View, dx.View, x.Cols, layout);

    // One thread per element.
    static void NormalizeKernel<T>(
        Index1D i, ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> y, int cols, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        int row = i / cols, col = i - row * cols, at = layout.Index(row, col);
        y[i] = Fused.MultiplyAdd((x[i] - mean[at]) * rstd[at], gamma[col], beta[col]);
    }

    // One thread per chunk of rows and column; neighbouring threads read neighbouring columns.
    static void PartialKernel<T>(
        Index1D index, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> partialGamma, ArrayView<float> partialBeta, int rows, int cols, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        int chunk = index / cols, col = index - chunk * cols;
        int end = IntrinsicMath.Min((chunk + 1) * ChunkRows, rows);
        float sum = 0f, product = 0f;
        for (int row = chunk * ChunkRows; row < end; row++)
        {
            int i = row * cols + col, at = layout.Index(row, col);
            float gradient = dy[i];
            sum += gradient;
            product = Fused.MultiplyAdd(gradient, (x[i] - mean[at]) * rstd[at], product);
        }

        partialBeta[index] = sum;
        partialGamma[index] = product;
    }

    // One thread per column.
    static void FoldKernel(Index1D col, ArrayView<float> partial, ArrayView<float> total, int chunks, int cols)
    {
        float sum = 0f;
        for (int chunk = 0; chunk < chunks; chunk++)
            sum += partial[chunk * cols + col];
        total[col] += sum;
    }

    // One thread per element.
    static void InputGradientKernel<T>(
        Index1D i, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> avgG, ArrayView<float> avgGn, ArrayView<float> dx, int cols, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        int row = i / cols, col = i - row * cols, at = layout.Index(row, col);
        float n = (x[i] - mean[at]) * rstd[at];
        dx[i] = (dy[i] * gamma[col] - avgG[at] - n * avgGn[at]) * rstd[at];
    }
}
