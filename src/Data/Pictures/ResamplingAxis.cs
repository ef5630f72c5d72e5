namespace Dalle2.Data.Pictures;

/// <summary>For each target pixel along one axis, the source pixels that make it up and their weights, which add to one.</summary>
sealed record ResamplingAxis(int[] First, double[][] Weights)
{
    /// <summary>
    /// Maps <paramref name="count"/> target pixels onto the source interval [start, start + extent).
    /// Scaling down weighs each source pixel by its overlap with the target pixel; scaling up interpolates between the two nearest centers.
    /// </summary>
    public static ResamplingAxis Create(int sourceLength, double start, double extent, int count)
    {
        var first = new int[count];
        var weights = new double[count][];
        double scale = extent / count;
        for (int t = 0; t < count; t++)
        {
            if (scale >= 1)
            {
                // Multiplying before dividing keeps integer factors exact.
                double from = start + t * extent / count, to = start + (t + 1) * extent / count;
                int low = Math.Clamp((int)Math.Floor(from), 0, sourceLength - 1),
                    high = Math.Clamp((int)Math.Ceiling(to), low + 1, sourceLength);
                first[t] = low;
                weights[t] = new double[high - low];
                double total = 0;
                for (int s = low; s < high; s++)
                    total += weights[t][s - low] = Math.Max(0, Math.Min(s + 1, to) - Math.Max(s, from));
                for (int k = 0; k < weights[t].Length; k++)
                    weights[t][k] /= total;
            }
            else
            {
                double center = Math.Clamp(start + (t + 0.5) * scale - 0.5, 0, sourceLength - 1);
                int low = Math.Min((int)center, Math.Max(0, sourceLength - 2));
                first[t] = low;
                double right = center - low;
                weights[t] = sourceLength == 1 ? [1] : [1 - right, right];
            }
        }
        return new ResamplingAxis(first, weights);
    }
}
