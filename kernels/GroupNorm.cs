// Group normalisation:  y = (x - mean) * rstd * gamma + beta,  rstd = 1 / sqrt(variance + eps), per sample and group of neighbouring channels
//   x, y, dx, dy [samples, pixels, channels] as [rows, cols]   gamma, beta [channels]   mean, rstd [samples, groups]
// Layer normalisation over the last axis is the same with one pixel per sample and one group.
// The variance is divided by the number of elements and comes from a second pass around the mean. Kept: x, mean, rstd.
// Sums: over 64 channels of a pixel, over those, over 64 pixels, over those. Normalising and the backward pass: see Normalization.cs.
namespace Dalle2.Kernels;

/// <summary>Group normalisation and, as its simplest case, layer normalisation.</summary>
public static class GroupNormOp
{
    const int Chunk = 64;

    /// <summary>Extents of the two tensors of partial sums that Backward takes: <c>[this, channels]</c>.</summary>
    public static int PartialRows(int rows) => NormalizationOp.Chunks(rows);

    /// <summary>The normalised input, and what Backward needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Samples of rowsPerSample rows each; the last axis are the channels.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="beta">The shift.</param>
    /// <param name="y">Written.</param>
    /// <param name="mean">Written, <c>[samples, groups]</c>.</param>
    /// <param name="rstd">Written, <c>[samples, groups]</c>.</param>
    /// <param name="rowsPerSample">Pixels of a sample.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">The rows do not divide into samples or the channels into groups.</exception>
    public static void Forward(
        Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor y, Tensor mean, Tensor rstd, int rowsPerSample, int groups, float eps)
    {
        GroupStatistics layout = Layout(x, mean, rowsPerSample, groups);
        stream.Launch(StatisticsKernel, mean.Length, x.View, mean.View, rstd.View, layout, eps);
        NormalizationOp.Normalize(stream, x, gamma, beta, mean, rstd, y, layout);
    }

    /// <summary>The backward pass: writes dx, adds to dgamma and dbeta.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="mean">From Forward.</param>
    /// <param name="rstd">From Forward.</param>
    /// <param name="partialGamma">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="partialBeta">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="avgG">Scratch, <c>[samples, groups]</c>.</param>
    /// <param name="avgGn">Scratch, <c>[samples, groups]</c>.</param>
    /// <param name="dx">Written.</param>
    /// <param name="dgamma">Added to.</param>
    /// <param name="dbeta">Added to.</param>
    /// <param name="rowsPerSample">Pixels of a sample.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <exception cref="ArgumentException">The rows do not divide into samples or the channels into groups.</exception>
    public static void Backward(
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor mean, Tensor rstd, Tensor partialGamma, Tensor partialBeta, Tensor avgG, Tensor avgGn,
        Tensor dx, Tensor dgamma, Tensor dbeta, int rowsPerSample, int groups)
    {
        GroupStatistics layout = Layout(x, mean, rowsPerSample, groups);
        NormalizationOp.ParameterGradients(stream, x, dy, mean, rstd, partialGamma, partialBeta, dgamma, dbeta, layout);
        stream.Launch(AverageKernel, mean.Length, x.View, dy.View, gamma.View, mean.View, rstd.View, avgG.View, avgGn.View, layout);
        NormalizationOp.InputGradient(stream, x, dy, gamma, mean, rstd, avgG, avgGn, dx, layout);
    }

    static GroupStatistics Layout(Tensor x, Tensor mean, int rowsPerSample, int groups)
    {
        if (rowsPerSample < 1 || x.Rows % rowsPerSample != 0 || groups < 1 || x.Cols % groups != 0 || mean.Length != x.Rows / rowsPerSample * groups)
            throw new ArgumentException($"{x.Shape} does not divide into samples of {rowsPerSample} rows and {groups} groups of channels, with {mean.Length} statistics");
        return new GroupStatistics(rowsPerSample, groups, x.Cols / groups);
    }

    // One thread per sample and group.
    static void StatisticsKernel(Index1D index, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> rstd, GroupStatistics s, float eps)
    {
        int first = First(index, s), cols = s.Groups * s.GroupCols;
        float count = s.RowsPerSample * s.GroupCols;
        float total = 0f;
        for (int start = 0; start < s.RowsPerSample; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, s.RowsPerSample);
            for (int pixel = start; pixel < end; pixel++)
                sum += Sum(x, first + pixel * cols, s.GroupCols);
            total += sum;
        }

        float center = total / count, squares = 0f;
        for (int start = 0; start < s.RowsPerSample; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, s.RowsPerSample);
            for (int pixel = start; pixel < end; pixel++)
                sum += SquareSum(x, first + pixel * cols, s.GroupCols, center);
            squares += sum;
        }

        mean[index] = center;
        rstd[index] = XMath.Rsqrt(squares / count + eps);
    }

    // One thread per sample and group: the averages of g = dy * gamma and of g * n.
    static void AverageKernel(
        Index1D index, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> avgG, ArrayView<float> avgGn, GroupStatistics s)
    {
        int first = First(index, s), cols = s.Groups * s.GroupCols, channel = index % s.Groups * s.GroupCols;
        float count = s.RowsPerSample * s.GroupCols;
        float total = 0f, products = 0f;
        for (int start = 0; start < s.RowsPerSample; start += Chunk)
        {
            float sum = 0f, product = 0f;
            int end = IntrinsicMath.Min(start + Chunk, s.RowsPerSample);
            for (int pixel = start; pixel < end; pixel++)
            {
                sum += Dot(dy, first + pixel * cols, gamma, channel, s.GroupCols);
                product += CenteredDot(x, dy, first + pixel * cols, gamma, channel, s.GroupCols, mean[index]);
            }

            total += sum;
            products += product;
        }

        avgG[index] = total / count;
        avgGn[index] = products * rstd[index] / count;
    }

    static int First(int index, GroupStatistics s)
    {
        int sample = index / s.Groups, group = index - sample * s.Groups;
        return (sample * s.RowsPerSample * s.Groups + group) * s.GroupCols;
    }

    static float Sum(ArrayView<float> x, int at, int count)
    {
        float total = 0f;
        for (int start = 0; start < count; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, count);
            for (int i = start; i < end; i++)
                sum += x[at + i];
            total += sum;
        }

        return total;
    }

    static float SquareSum(ArrayView<float> x, int at, int count, float center)
    {
        float total = 0f;
        for (int start = 0; start < count; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, count);
            for (int i = start; i < end; i++)
                sum = Fused.MultiplyAdd(x[at + i] - center, x[at + i] - center, sum);
            total += sum;
        }

        return total;
    }

    static float Dot(ArrayView<float> dy, int at, ArrayView<float> gamma, int channel, int count)
    {
        float total = 0f;
        for (int start = 0; start < count; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, count);
            for (int i = start; i < end; i++)
                sum = Fused.MultiplyAdd(dy[at + i], gamma[channel + i], sum);
            total += sum;
        }

        return total;
    }

    static float CenteredDot(ArrayView<float> x, ArrayView<float> dy, int at, ArrayView<float> gamma, int channel, int count, float center)
    {
        float total = 0f;
        for (int start = 0; start < count; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, count);
            for (int i = start; i < end; i++)
                sum = Fused.MultiplyAdd(dy[at + i] * gamma[channel + i], x[at + i] - center, sum);
            total += sum;
        }

        return total;
    }
}
