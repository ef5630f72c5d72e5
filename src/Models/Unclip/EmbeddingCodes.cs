namespace Dalle2.Models.Unclip;

/// <summary>
/// Image embeddings as whole numbers: their principal components by falling variance, each cut into buckets of equal width between its extremes.
/// </summary>
/// <param name="buckets">Buckets of a code.</param>
/// <param name="mean">The mean of the embeddings.</param>
/// <param name="basis">The components' directions, unit vectors, <c>[components, embedding]</c>.</param>
/// <param name="lows">Where the first bucket of each component begins.</param>
/// <param name="widths">The width of the buckets of each.</param>
public sealed class EmbeddingCodes(int buckets, float[] mean, float[] basis, float[] lows, float[] widths)
{
    const double KeptVariance = 0.99;

    /// <summary>Buckets of a code.</summary>
    public int Buckets => buckets;

    /// <summary>The mean of the embeddings.</summary>
    public ReadOnlySpan<float> Mean => mean;

    /// <summary>The components' directions, <c>[components, embedding]</c>.</summary>
    public ReadOnlySpan<float> Basis => basis;

    /// <summary>Where the first bucket of each component begins.</summary>
    public ReadOnlySpan<float> Lows => lows;

    /// <summary>The width of the buckets of each component.</summary>
    public ReadOnlySpan<float> Widths => widths;

    /// <summary>Components, which is codes of an embedding.</summary>
    public int Count => lows.Length;

    /// <summary>Finds the components of embeddings, as many as hold 99 % of their variance, and the extremes of each.</summary>
    /// <param name="images">Embeddings of pictures, one behind the other.</param>
    /// <param name="length">Numbers of an embedding.</param>
    /// <param name="most">Components at most.</param>
    /// <param name="buckets">Buckets of a code.</param>
    /// <exception cref="ArgumentException">There is no embedding, or not a whole number of them.</exception>
    public static EmbeddingCodes Of(ReadOnlySpan<float> images, int length, int most, int buckets)
    {
        var found = PrincipalComponents.Of(images, length);
        int samples = images.Length / length, count = 0;
        double whole = found.Variances.Sum(), kept = 0;
        while (count < most && (count == 0 || kept < KeptVariance * whole))
            kept += found.Variances[count++];
        float[] basis = [.. found.Directions.Take(count).SelectMany(direction => direction).Select(value => (float)value)];
        float[] mean = [.. found.Mean.ToArray().Select(value => (float)value)];

        var unscaled = new EmbeddingCodes(1, mean, basis, new float[count], new float[count]);
        double[] lows = new double[count], highs = new double[count], values = new double[count];
        Array.Fill(lows, double.PositiveInfinity);
        Array.Fill(highs, double.NegativeInfinity);
        for (int sample = 0; sample < samples; sample++)
        {
            unscaled.Project(images.Slice(sample * length, length), values);
            for (int i = 0; i < count; i++)
                (lows[i], highs[i]) = (Math.Min(lows[i], values[i]), Math.Max(highs[i], values[i]));
        }

        return new EmbeddingCodes(buckets, mean, basis, [.. lows.Select(low => (float)low)],
            [.. lows.Zip(highs, (low, high) => (float)((high - low) / buckets))]);
    }

    /// <summary>The codes of an embedding; what lies beyond the extremes takes the last bucket there.</summary>
    /// <param name="image">The embedding.</param>
    /// <param name="codes">Written, <see cref="Count"/>.</param>
    public void Encode(ReadOnlySpan<float> image, Span<int> codes)
    {
        double[] values = new double[Count];
        Project(image, values);
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
        for (int i = 0; i < Count; i++)
        {
            double value = lows[i] + (codes[i] + 0.5) * widths[i];
            for (int d = 0; d < sums.Length; d++)
                sums[d] += value * basis[i * mean.Length + d];
        }

        for (int d = 0; d < sums.Length; d++)
            image[d] = (float)sums[d];
    }

    void Project(ReadOnlySpan<float> image, Span<double> values)
    {
        int length = mean.Length;
        for (int i = 0; i < Count; i++)
        {
            values[i] = 0;
            for (int d = 0; d < length; d++)
                values[i] += ((double)image[d] - mean[d]) * basis[i * length + d];
        }
    }
}
