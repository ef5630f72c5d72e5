// What batch and group normalization share. Rows of x [rows, cols] come in samples, and those in chunks of 64 rows at most. Each element belongs to one
// statistic st (mean and rstd = 1 / sqrt(variance + eps)) of its sample:
//   n = (x - mean[st]) * rstd[st],  y = (x - mean[st]) * (rstd[st] * gamma[col]) + beta[col]                        (y written, =)
// Backward, g = dy * gamma, avg over the elements of the statistic:  dx = (g - avg(g) - n * avg(g * n)) * rstd[st]   (written, =)
//   dgamma += sum over rows of dy * n,  dbeta += sum over rows of dy                                               (accumulated, +=)
// Statistics are put together from each chunk's and column's mean m and sum of squared distances from it, q (Chan, Golub and LeVeque, 1979):
//   mean = sum of count m / sum of count,   variance = sum of (q + count (m - mean)^2) / sum of count
//   Within a chunk rows are added in rising order, see Columns.cs; gradients over all chunks as in ColumnSum.cs.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Which statistic an element belongs to.</summary>
interface IStatisticsLayout
{
    int Index(int sample, int col);
}

/// <summary>One statistic per column: batch normalization.</summary>
readonly record struct ColumnStatistics : IStatisticsLayout
{
    public int Index(int sample, int col) => col;
}

/// <summary>One statistic per sample and group of columns: group normalization.</summary>
/// <param name="Groups">Groups of columns.</param>
/// <param name="GroupCols">Columns of a group.</param>
readonly record struct GroupStatistics(int Groups, int GroupCols) : IStatisticsLayout
{
    public int Index(int sample, int col) => sample * Groups + col / GroupCols;
}

/// <summary>How rows divide into samples and chunks.</summary>
/// <param name="Rows">Rows of a sample.</param>
readonly record struct SampleRows(int Rows)
{
    /// <summary>Chunks of a sample.</summary>
    public int Chunks => IntrinsicMath.DivRoundUp(Rows, Columns.ChunkRows);

    /// <summary>Rows of a chunk, numbered through all samples.</summary>
    public int Count(int chunk) => IntrinsicMath.Min(Rows - chunk % Chunks * Columns.ChunkRows, Columns.ChunkRows);

    /// <summary>The first row of a chunk.</summary>
    public int First(int chunk) => chunk / Chunks * Rows + chunk % Chunks * Columns.ChunkRows;

    /// <summary>The sample of a chunk.</summary>
    public int Sample(int chunk) => chunk / Chunks;

    /// <summary>The chunks of all samples.</summary>
    public int All(int rows) => rows / Rows * Chunks;
}

/// <summary>The kernels of both normalizations.</summary>
static class NormalizationOp
{
    /// <summary>Leaves each chunk's means and sums of squared distances in the two partial tensors [chunks, cols].</summary>
    public static void Statistics(Stream stream, Tensor x, Tensor means, Tensor squares, SampleRows samples) =>
        stream.Launch(StatisticsKernel, Columns.Groups(stream, x.Cols, samples.All(x.Rows)), x.View, means.View, squares.View, x.Cols,
        samples);

    public static void Normalize<T>(Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor y,
        SampleRows samples, T layout)
        where T : unmanaged, IStatisticsLayout =>
        stream.Launch(
            NormalizeKernel, Columns.Groups(stream, x.Cols, samples.All(x.Rows)),
            x.View, gamma.View, beta.View, mean.View, rstd.View, y.View, x.Cols, samples, layout);

    /// <summary>Adds the gradients of gamma and beta; leaves the chunks' sums of <c>dy n</c> and <c>dy</c> in the two partial tensors [chunks, cols].</summary>
    public static void ParameterGradients<T>(
        Stream stream, Tensor x, Tensor dy, Tensor mean, Tensor rstd, Tensor partialGamma, Tensor partialBeta, Tensor dgamma, Tensor dbeta,
        SampleRows samples, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        stream.Launch(
            PartialKernel, Columns.Groups(stream, x.Cols, samples.All(x.Rows)),
            x.View, dy.View, mean.View, rstd.View, partialGamma.View, partialBeta.View, x.Cols, samples, layout);
        ColumnSumOp.AddChunks(stream, partialGamma, dgamma, samples.All(x.Rows));
        ColumnSumOp.AddChunks(stream, partialBeta, dbeta, samples.All(x.Rows));
    }

    public static void InputGradient<T>(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor mean, Tensor rstd, Tensor avgG, Tensor avgGn, Tensor dx,
        SampleRows samples, T layout)
        where T : unmanaged, IStatisticsLayout =>
        stream.Launch(
            InputGradientKernel, Columns.Groups(stream, x.Cols, samples.All(x.Rows)),
            x.View, dy.View, gamma.View, mean.View, rstd.View, avgG.View, avgGn.View, dx.View, x.Cols, samples, layout);

    // One group per chunk of rows and block of columns, as in all kernels here.
    static void StatisticsKernel(ArrayView<float> x, ArrayView<float> means, ArrayView<float> squares, int cols, SampleRows samples)
    {
        int chunk = Grid.IdxY, first = samples.First(chunk), count = samples.Count(chunk);
        ArrayView<float> sums = LocalMemory.Allocate<float>(Columns.Block), centers = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(new Mean(x, means, sums, chunk * cols, cols, count), first, first + count, cols);
        // The chunk is in the cache now.
        Columns.Walk(new Squares(x, means, squares, centers, sums, chunk * cols, cols), first, first + count, cols);
    }

    static void NormalizeKernel<T>(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> y,
        int cols, SampleRows samples, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        int chunk = Grid.IdxY, first = samples.First(chunk);
        ArrayView<float> centers = LocalMemory.Allocate<float>(Columns.Block), scales = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> shifts = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(
            new Normalized<T>(x, gamma, beta, mean, rstd, y, centers, scales, shifts, samples.Sample(chunk), cols, layout),
            first, first + samples.Count(chunk), cols);
    }

    static void PartialKernel<T>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> partialGamma,
        ArrayView<float> partialBeta,
        int cols, SampleRows samples, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        int chunk = Grid.IdxY, first = samples.First(chunk);
        ArrayView<float> centers = LocalMemory.Allocate<float>(Columns.Block), sums = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> products = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(
            new Products<T>(x, dy, mean, rstd, partialGamma, partialBeta, centers, sums, products, samples.Sample(chunk), chunk * cols,
            cols, layout),
            first, first + samples.Count(chunk), cols);
    }

    static void InputGradientKernel<T>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> avgG, ArrayView<float> avgGn, ArrayView<float> dx, int cols, SampleRows samples, T layout)
        where T : unmanaged, IStatisticsLayout
    {
        int chunk = Grid.IdxY, first = samples.First(chunk);
        ArrayView<float> centers = LocalMemory.Allocate<float>(Columns.Block), factors = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> averages = LocalMemory.Allocate<float>(Columns.Block), slopes = LocalMemory.Allocate<float>(Columns.Block);
        ArrayView<float> scales = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(
            new Differentiated<T>(x, dy, gamma, mean, rstd, avgG, avgGn, dx, centers, factors, averages, slopes, scales,
            samples.Sample(chunk), cols, layout),
            first, first + samples.Count(chunk), cols);
    }

    readonly record struct Mean(ArrayView<float> X, ArrayView<float> Means, ArrayView<float> Sums, int Partial, int Cols, float Count)
        : IColumn
    {
        public int Strip => Columns.Block;

        public void Begin(int own, int col) => Sums[own] = 0f;

        public void Row(int own, int row, int col) => Sums[own] += X[row * Cols + col];

        public void End(int own, int col) => Means[Partial + col] = Sums[own] / Count;
    }

    readonly record struct Squares(
        ArrayView<float> X, ArrayView<float> Means, ArrayView<float> Total, ArrayView<float> Centers, ArrayView<float> Sums, int Partial,
        int Cols) : IColumn
    {
        public int Strip => Columns.Half;

        public void Begin(int own, int col)
        {
            Centers[own] = Means[Partial + col];
            Sums[own] = 0f;
        }

        public void Row(int own, int row, int col)
        {
            float distance = X[row * Cols + col] - Centers[own];
            Sums[own] = Fused.MultiplyAdd(distance, distance, Sums[own]);
        }

        public void End(int own, int col) => Total[Partial + col] = Sums[own];
    }

    readonly record struct Normalized<T>(
        ArrayView<float> X, ArrayView<float> Gamma, ArrayView<float> Beta, ArrayView<float> Mean, ArrayView<float> Rstd, ArrayView<float> Y,
        ArrayView<float> Centers, ArrayView<float> Scales, ArrayView<float> Shifts, int Sample, int Cols, T Layout) : IColumn
        where T : unmanaged, IStatisticsLayout
    {
        public int Strip => Columns.Half;

        public void Begin(int own, int col)
        {
            int at = Layout.Index(Sample, col);
            Centers[own] = Mean[at];
            Scales[own] = Rstd[at] * Gamma[col];
            Shifts[own] = Beta[col];
        }

        public void Row(int own, int row, int col) =>
            Y[row * Cols + col] = Fused.MultiplyAdd(X[row * Cols + col] - Centers[own], Scales[own], Shifts[own]);

        public void End(int own, int col)
        {
        }
    }

    // The sums of dy and dy * n.
    readonly record struct Products<T>(
        ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> Mean, ArrayView<float> Rstd, ArrayView<float> PartialGamma,
        ArrayView<float> PartialBeta,
        ArrayView<float> Centers, ArrayView<float> Sums, ArrayView<float> ProductSums, int Sample, int Partial, int Cols, T Layout)
        : IColumn
        where T : unmanaged, IStatisticsLayout
    {
        public int Strip => Columns.Half;

        public void Begin(int own, int col)
        {
            Centers[own] = Mean[Layout.Index(Sample, col)];
            Sums[own] = 0f;
            ProductSums[own] = 0f;
        }

        public void Row(int own, int row, int col)
        {
            float dy = Dy[row * Cols + col];
            Sums[own] += dy;
            ProductSums[own] = Fused.MultiplyAdd(dy, X[row * Cols + col] - Centers[own], ProductSums[own]);
        }

        public void End(int own, int col)
        {
            PartialBeta[Partial + col] = Sums[own];
            PartialGamma[Partial + col] = ProductSums[own] * Rstd[Layout.Index(Sample, col)];
        }
    }

    readonly record struct Differentiated<T>(
        ArrayView<float> X, ArrayView<float> Dy, ArrayView<float> Gamma, ArrayView<float> Mean, ArrayView<float> Rstd,
        ArrayView<float> AvgG, ArrayView<float> AvgGn,
        ArrayView<float> Dx, ArrayView<float> Centers, ArrayView<float> Factors, ArrayView<float> Averages, ArrayView<float> Slopes,
        ArrayView<float> Scales,
        int Sample, int Cols, T Layout) : IColumn
        where T : unmanaged, IStatisticsLayout
    {
        public int Strip => Columns.Narrow;

        public void Begin(int own, int col)
        {
            int at = Layout.Index(Sample, col);
            Centers[own] = Mean[at];
            Factors[own] = Gamma[col];
            Averages[own] = AvgG[at];
            Slopes[own] = AvgGn[at] * Rstd[at];
            Scales[own] = Rstd[at];
        }

        public void Row(int own, int row, int col)
        {
            float average = Fused.MultiplyAdd(X[row * Cols + col] - Centers[own], Slopes[own], Averages[own]);
            Dx[row * Cols + col] = (Dy[row * Cols + col] * Factors[own] - average) * Scales[own];
        }

        public void End(int own, int col)
        {
        }
    }
}
