using MathNet.Numerics.LinearAlgebra;

namespace Dalle2.Models.Unclip;

/// <summary>The principal components of vectors: the directions in which they vary most, the largest variance first.</summary>
public sealed class PrincipalComponents
{
    readonly double[] mean;
    readonly double[] variances;
    readonly double[][] directions;

    PrincipalComponents(double[] mean, double[] variances, double[][] directions) =>
        (this.mean, this.variances, this.directions) = (mean, variances, directions);

    /// <summary>The vectors' mean.</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>The variance along each component, not above that of the one before.</summary>
    public IReadOnlyList<double> Variances => variances;

    /// <summary>The unit vectors of the components.</summary>
    public IReadOnlyList<double[]> Directions => directions;

    /// <summary>Finds them. Sums do not depend on how many threads there are.</summary>
    /// <param name="vectors">Vectors, one behind the other.</param>
    /// <param name="length">Numbers of a vector.</param>
    /// <exception cref="ArgumentException">There is no vector, or not a whole number of them.</exception>
    public static PrincipalComponents Of(ReadOnlySpan<float> vectors, int length)
    {
        if (vectors.Length == 0 || vectors.Length % length != 0)
            throw new ArgumentException($"{vectors.Length} numbers are no vectors of {length}");
        int count = vectors.Length / length;
        double[] mean = new double[length], centered = new double[length];
        for (int i = 0; i < vectors.Length; i++)
            mean[i % length] += vectors[i] / (double)count;
        var covariance = Matrix<double>.Build.Dense(length, length);
        for (int start = 0; start < vectors.Length; start += length)
        {
            for (int d = 0; d < length; d++)
                centered[d] = vectors[start + d] - mean[d];
            for (int i = 0; i < length; i++)
            {
                for (int j = 0; j <= i; j++)
                    covariance[i, j] += centered[i] * centered[j] / count;
            }
        }

        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < i; j++)
                covariance[j, i] = covariance[i, j];
        }

        var found = covariance.Evd(Symmetricity.Symmetric);
        // They come by rising value.
        return new PrincipalComponents(
            mean, [.. found.EigenValues.Select(value => Math.Max(0, value.Real)).Reverse()],
            [.. found.EigenVectors.EnumerateColumns().Reverse().Select(column => column.ToArray())]);
    }

    /// <summary>A vector with its first components alone, the mean's in place of the others.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="count">How many are kept; with all the vector comes back, up to rounding.</param>
    public float[] Keep(ReadOnlySpan<float> vector, int count)
    {
        double[] kept = [.. mean];
        foreach (double[] direction in directions.AsSpan(0, count))
        {
            double value = 0;
            for (int d = 0; d < mean.Length; d++)
                value += (vector[d] - mean[d]) * direction[d];
            for (int d = 0; d < mean.Length; d++)
                kept[d] += value * direction[d];
        }

        return [.. kept.Select(value => (float)value)];
    }
}
