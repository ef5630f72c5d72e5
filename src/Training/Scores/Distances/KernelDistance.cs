namespace Dalle2.Training.Scores.Distances;

/// <summary>
/// The squared maximum mean discrepancy of two sets of features by the kernel k(x, y) = (x . y / d + 1)^3, d numbers each (KID: Binkowski et al., 2018, arXiv 1801.01401),
/// without bias for any number of pictures: it may be negative. Over all pairs of different rows (Gretton et al., 2012, equation 4),
/// k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i), averaged; so a drawing is not held against the true picture of its own caption, on which it depends.
/// </summary>
/// <param name="Value">The discrepancy; NaN of fewer than two rows.</param>
/// <param name="Error">Its standard error by the jackknife, which leaves out one pair of rows at a time; NaN of fewer than three.</param>
public readonly record struct KernelDistance(double Value, double Error)
{
    /// <summary>The discrepancy.</summary>
    /// <param name="first">A row of numbers for each picture.</param>
    /// <param name="second">As many rows, as long.</param>
    /// <exception cref="ArgumentException">There are not as many rows.</exception>
    public static KernelDistance Between(IReadOnlyList<float[]> first, IReadOnlyList<float[]> second)
    {
        int n = first.Count;
        if (second.Count != n)
            throw new ArgumentException($"{n} pictures and {second.Count} are not as many", nameof(second));
        if (n < 2)
            return new KernelDistance(double.NaN, double.NaN);

        var terms = new double[n];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
            {
                if (j != i)
                {
                    terms[i] += Kernel(first[i], first[j]) + Kernel(second[i], second[j])
                        - Kernel(first[i], second[j]) - Kernel(first[j], second[i]);
                }
            }
        });
        double sum = terms.Sum(), pairs = n - 1.0;
        if (n < 3)
            return new KernelDistance(sum / (n * pairs), double.NaN);
        double[] without = [.. terms.Select(term => (sum - 2 * term) / (pairs * (n - 2)))];
        double mean = without.Average();
        return new KernelDistance(sum / (n * pairs), Math.Sqrt(pairs / n * without.Sum(value => (value - mean) * (value - mean))));
    }

    static double Kernel(float[] x, float[] y)
    {
        double inner = InnerProduct.Of(x, y) / x.Length + 1;
        return inner * inner * inner;
    }
}
