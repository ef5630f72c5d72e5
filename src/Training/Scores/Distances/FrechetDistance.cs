using MathNet.Numerics.LinearAlgebra;

namespace Dalle2.Training.Scores.Distances;

/// <summary>
/// The squared Fréchet distance of two sets of features, each taken as a normal distribution (FID: Heusel et al., 2017, arXiv 1706.08500):
/// |m - n|^2 + tr(S + T - 2 (S T)^(1/2)), with m, n the means and S, T the unbiased covariances. Of few samples it is too large, so it is held against that of real
/// pictures of the same number.
/// </summary>
public static class FrechetDistance
{
    /// <summary>The distance; NaN where a set has fewer than two rows, which have no covariance.</summary>
    /// <param name="first">A row of numbers for each picture.</param>
    /// <param name="second">Rows as long.</param>
    public static double Between(IReadOnlyList<float[]> first, IReadOnlyList<float[]> second)
    {
        if (first.Count < 2 || second.Count < 2)
            return double.NaN;
        var (m, s) = Moments(first);
        var (n, t) = Moments(second);
        // (S T)^(1/2) has the trace of (S^(1/2) T S^(1/2))^(1/2), which is symmetric.
        Matrix<double> root = Root(s);
        double trace = NonNegative(root * t * root).Values.Sum(Math.Sqrt);
        Vector<double> step = m - n;
        // Rounding can leave the distance of equal sets a little below zero.
        return Math.Max(0, step * step + s.Trace() + t.Trace() - 2 * trace);
    }

    static (Vector<double> Mean, Matrix<double> Covariance) Moments(IReadOnlyList<float[]> rows)
    {
        Matrix<double> all = Matrix<double>.Build.Dense(rows.Count, rows[0].Length, (i, j) => rows[i][j]);
        Vector<double> mean = all.ColumnSums() / rows.Count;
        Matrix<double> centered = all.MapIndexed((_, j, value) => value - mean[j]);
        return (mean, centered.TransposeThisAndMultiply(centered) / (rows.Count - 1));
    }

    static Matrix<double> Root(Matrix<double> matrix)
    {
        var (values, vectors) = NonNegative(matrix);
        Matrix<double> scaled = vectors.MapIndexed((_, j, value) => value * Math.Sqrt(values[j]));
        return scaled.TransposeAndMultiply(vectors);
    }

    // A covariance's eigenvalues are not below zero; of a rank below its size, rounding puts some there.
    static (double[] Values, Matrix<double> Vectors) NonNegative(Matrix<double> matrix)
    {
        var factors = ((matrix + matrix.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        return ([.. factors.EigenValues.Select(value => Math.Max(0, value.Real))], factors.EigenVectors);
    }
}
