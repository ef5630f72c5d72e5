// Group normalization:  y = (x - mean) * rstd * gamma + beta,  rstd = 1 / sqrt(variance + eps), per sample and group of neighboring channels
//   x, y, dx, dy [samples, pixels, channels] as [rows, cols]   gamma, beta [channels]   mean, rstd [samples, groups]
// The variance is divided by the number of elements. Kept: x, mean, rstd.
// Statistics, normalizing and the backward pass: see Normalization.cs; over a sample's chunks, for each the group's channels, in rising order.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Group normalization.</summary>
public static class GroupNormOp
{
    /// <summary>Extents of the two tensors of partial sums that both passes take: <c>[this, channels]</c>.</summary>
    public static int PartialRows(int rows, int rowsPerSample) => new SampleRows(rowsPerSample).All(rows);

    /// <summary>The normalized input, and what Backward needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Samples of rowsPerSample rows each; the last axis are the channels.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="beta">The shift.</param>
    /// <param name="partialMeans">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="partialSquares">Scratch, <c>[PartialRows, channels]</c>.</param>
    /// <param name="y">Written.</param>
    /// <param name="mean">Written, <c>[samples, groups]</c>.</param>
    /// <param name="rstd">Written, <c>[samples, groups]</c>.</param>
    /// <param name="rowsPerSample">Pixels of a sample.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">The rows do not divide into samples or the channels into groups.</exception>
    public static void Forward(
        Stream stream, Tensor x, Tensor gamma, Tensor beta, Tensor partialMeans, Tensor partialSquares, Tensor y, Tensor mean, Tensor rstd,
        int rowsPerSample, int groups, float eps)
    {
        GroupStatistics layout = Layout(x, mean, rowsPerSample, groups);
        var samples = new SampleRows(rowsPerSample);
        Statistics(stream, x, partialMeans, partialSquares, mean, rstd, samples, layout, eps);
        NormalizationOp.Normalize(stream, x, gamma, beta, mean, rstd, y, samples, layout);
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
        Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor mean, Tensor rstd, Tensor partialGamma, Tensor partialBeta, Tensor avgG,
        Tensor avgGn,
        Tensor dx, Tensor dgamma, Tensor dbeta, int rowsPerSample, int groups)
    {
        GroupStatistics layout = Layout(x, mean, rowsPerSample, groups);
        var samples = new SampleRows(rowsPerSample);
        NormalizationOp.ParameterGradients(stream, x, dy, mean, rstd, partialGamma, partialBeta, dgamma, dbeta, samples, layout);
        stream.Launch(AverageKernel, mean.Length, partialGamma.View, partialBeta.View, gamma.View, avgG.View, avgGn.View, samples, layout);
        NormalizationOp.InputGradient(stream, x, dy, gamma, mean, rstd, avgG, avgGn, dx, samples, layout);
    }

    /// <summary>Writes the mean and rstd of each sample's groups.</summary>
    internal static void Statistics(
        Stream stream, Tensor x, Tensor partialMeans, Tensor partialSquares, Tensor mean, Tensor rstd, SampleRows samples,
        GroupStatistics layout, float eps)
    {
        NormalizationOp.Statistics(stream, x, partialMeans, partialSquares, samples);
        stream.Launch(StatisticsKernel, mean.Length, partialMeans.View, partialSquares.View, mean.View, rstd.View, samples, layout, eps);
    }

    /// <summary>The groups of channels.</summary>
    /// <exception cref="ArgumentException">The rows do not divide into samples or the channels into groups.</exception>
    internal static GroupStatistics Layout(Tensor x, Tensor mean, int rowsPerSample, int groups)
    {
        if (rowsPerSample < 1 || x.Rows % rowsPerSample != 0 || groups < 1 || x.Cols % groups != 0
            || mean.Length != x.Rows / rowsPerSample * groups)
        {
            throw new ArgumentException($"{x.Shape} does not divide into samples of {rowsPerSample} rows and {groups} groups of channels, "
                + $"with {mean.Length} statistics");
        }

        return new GroupStatistics(groups, x.Cols / groups);
    }

    // One thread per sample and group.
    static void StatisticsKernel(
        Index1D index, ArrayView<float> means, ArrayView<float> squares, ArrayView<float> mean, ArrayView<float> rstd, SampleRows samples,
        GroupStatistics s, float eps)
    {
        int first = First(index, samples, s), cols = s.Groups * s.GroupCols;
        float all = samples.Rows * s.GroupCols, sum = 0f, distances = 0f;
        for (int chunk = 0; chunk < samples.Chunks; chunk++)
        {
            float total = 0f;
            for (int col = 0; col < s.GroupCols; col++)
                total += means[first + chunk * cols + col];
            sum = Fused.MultiplyAdd(samples.Count(chunk), total, sum);
        }

        float center = sum / all;
        for (int chunk = 0; chunk < samples.Chunks; chunk++)
        {
            float between = 0f, within = 0f;
            for (int col = 0; col < s.GroupCols; col++)
            {
                float distance = means[first + chunk * cols + col] - center;
                between = Fused.MultiplyAdd(distance, distance, between);
                within += squares[first + chunk * cols + col];
            }

            distances += Fused.MultiplyAdd(samples.Count(chunk), between, within);
        }

        mean[index] = center;
        rstd[index] = StrictMath.Rsqrt(distances / all + eps);
    }

    // One thread per sample and group: the averages of g = dy * gamma and of g * n.
    static void AverageKernel(
        Index1D index, ArrayView<float> partialGamma, ArrayView<float> partialBeta, ArrayView<float> gamma, ArrayView<float> avgG,
        ArrayView<float> avgGn,
        SampleRows samples, GroupStatistics s)
    {
        int first = First(index, samples, s), cols = s.Groups * s.GroupCols, channel = index % s.Groups * s.GroupCols;
        float all = samples.Rows * s.GroupCols, total = 0f, products = 0f;
        for (int chunk = 0; chunk < samples.Chunks; chunk++)
        {
            for (int col = 0; col < s.GroupCols; col++)
            {
                total = Fused.MultiplyAdd(gamma[channel + col], partialBeta[first + chunk * cols + col], total);
                products = Fused.MultiplyAdd(gamma[channel + col], partialGamma[first + chunk * cols + col], products);
            }
        }

        avgG[index] = total / all;
        avgGn[index] = products / all;
    }

    // Where the partial sums of a sample's group begin.
    static int First(int index, SampleRows samples, GroupStatistics s)
    {
        int sample = index / s.Groups, group = index - sample * s.Groups;
        return (sample * samples.Chunks * s.Groups + group) * s.GroupCols;
    }
}
