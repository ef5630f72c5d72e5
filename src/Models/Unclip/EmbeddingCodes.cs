using MathNet.Numerics.LinearAlgebra;

namespace Dalle2.Models.Unclip;

/// <summary>
/// Image embeddings as whole numbers: first how near the embedding is to its caption's (their inner product), then its principal components by falling variance, each cut into buckets of
/// equal width between its extremes.
/// </summary>
/// <param name="buckets">Buckets of a code.</param>
/// <param name="mean">The mean of the embeddings.</param>
/// <param name="basis">The components' directions, unit vectors, <c>[components, embedding]</c>.</param>
/// <param name="lows">Of each code, the inner product's first, where its first bucket begins.</param>
/// <param name="widths">Of each code the width of its buckets.</param>
public sealed class EmbeddingCodes(int buckets, float[] mean, float[] basis, float[] lows, float[] widths)
{
    const double KeptVariance = 0.99;

    /// <summary>Buckets of a code.</summary>
    public int Buckets => buckets;

    /// <summary>The mean of the embeddings.</summary>
    public ReadOnlySpan<float> Mean => mean;

    /// <summary>The components' directions, <c>[components, embedding]</c>.</summary>
    public ReadOnlySpan<float> Basis => basis;

    /// <summary>Where the first bucket of each code begins.</summary>
    public ReadOnlySpan<float> Lows => lows;

    /// <summary>The width of the buckets of each code.</summary>
    public ReadOnlySpan<float> Widths => widths;

    /// <summary>Codes of an embedding: the components and one more.</summary>
    public int Count => lows.Length;

    /// <summary>Finds the components of embeddings, as many as hold 99 % of their variance, and the extremes of what is coded.</summary>
    /// <param name="images">Embeddings of pictures, one behind the other.</param>
    /// <param name="texts">Those of their captions.</param>
    /// <param name="length">Numbers of an embedding.</param>
    /// <param name="most">Components at most.</param>
    /// <param name="buckets">Buckets of a code.</param>
    /// <exception cref="ArgumentException">There is no embedding, or not a caption's for each.</exception>
    public static EmbeddingCodes Of(ReadOnlySpan<float> images, ReadOnlySpan<float> texts, int length, int most, int buckets)
    {
        if (images.Length == 0 || images.Length % length != 0 || texts.Length != images.Length)
            throw new ArgumentException($"{images.Length} and {texts.Length} numbers are no pairs of embeddings of {length}");
        int samples = images.Length / length;
        double[] mean = new double[length];
        for (int i = 0; i < images.Length; i++)
            mean[i % length] += images[i] / (double)samples;
        var (variances, directions) = Components(images, mean);
        double whole = variances.Sum(), kept = 0;
        int count = 0;
        while (count < most && (count == 0 || kept < KeptVariance * whole))
            kept += variances[count++];
        float[] basis = new float[count * length];
        for (int i = 0; i < basis.Length; i++)
            basis[i] = (float)directions[i % length, i / length];

        var unscaled = new EmbeddingCodes(1, [.. mean.Select(one => (float)one)], basis, new float[count + 1], new float[count + 1]);
        double[] lows = [.. Enumerable.Repeat(double.PositiveInfinity, count + 1)], highs = new double[count + 1],
            values = new double[count + 1];
        Array.Fill(highs, double.NegativeInfinity);
        for (int sample = 0; sample < samples; sample++)
        {
            unscaled.Measure(images.Slice(sample * length, length), texts.Slice(sample * length, length), values);
            for (int i = 0; i <= count; i++)
                (lows[i], highs[i]) = (Math.Min(lows[i], values[i]), Math.Max(highs[i], values[i]));
        }

        return new EmbeddingCodes(buckets, unscaled.Mean.ToArray(), basis, [.. lows.Select(low => (float)low)],
            [.. lows.Zip(highs, (low, high) => (float)((high - low) / buckets))]);
    }

    /// <summary>The codes of an embedding; what lies beyond the extremes takes the last bucket there.</summary>
    /// <param name="image">The embedding.</param>
    /// <param name="text">Its caption's.</param>
    /// <param name="codes">Written, <see cref="Count"/>.</param>
    public void Encode(ReadOnlySpan<float> image, ReadOnlySpan<float> text, Span<int> codes)
    {
        double[] values = new double[Count];
        Measure(image, text, values);
        for (int i = 0; i < Count; i++)
        {
            double bucket = widths[i] > 0 ? Math.Floor((values[i] - lows[i]) / widths[i]) : 0;
            codes[i] = (int)Math.Clamp(bucket, 0, buckets - 1);
        }
    }

    /// <summary>The embedding in the middle of its codes' buckets.</summary>
    public void Decode(ReadOnlySpan<int> codes, Span<float> image)
    {
        double[] sums = new double[mean.Length];
        for (int d = 0; d < sums.Length; d++)
            sums[d] = mean[d];
        for (int i = 1; i < Count; i++)
        {
            double value = lows[i] + (codes[i] + 0.5) * widths[i];
            for (int d = 0; d < sums.Length; d++)
                sums[d] += value * basis[(i - 1) * mean.Length + d];
        }

        for (int d = 0; d < sums.Length; d++)
            image[d] = (float)sums[d];
    }

    // What is cut into buckets.
    void Measure(ReadOnlySpan<float> image, ReadOnlySpan<float> text, Span<double> values)
    {
        int length = mean.Length;
        values.Clear();
        for (int d = 0; d < length; d++)
            values[0] += (double)image[d] * text[d];
        for (int i = 1; i < Count; i++)
        {
            for (int d = 0; d < length; d++)
                values[i] += ((double)image[d] - mean[d]) * basis[(i - 1) * length + d];
        }
    }

    // Variances, the largest first, and their directions, a column each.
    static (double[] Variances, Matrix<double> Directions) Components(ReadOnlySpan<float> images, double[] mean)
    {
        int length = mean.Length;
        // By hand: its sums shall not depend on how many threads there are.
        var covariance = Matrix<double>.Build.Dense(length, length);
        double[] centered = new double[length];
        for (int start = 0; start < images.Length; start += length)
        {
            for (int d = 0; d < length; d++)
                centered[d] = images[start + d] - mean[d];
            for (int i = 0; i < length; i++)
            {
                for (int j = 0; j <= i; j++)
                    covariance[i, j] += centered[i] * centered[j];
            }
        }

        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < i; j++)
                covariance[j, i] = covariance[i, j];
        }

        var found = covariance.Evd(Symmetricity.Symmetric);
        // They come by rising value.
        double[] variances = [.. found.EigenValues.Select(value => Math.Max(0, value.Real)).Reverse()];
        return (variances, Matrix<double>.Build.DenseOfColumnVectors(found.EigenVectors.EnumerateColumns().Reverse()));
    }
}
