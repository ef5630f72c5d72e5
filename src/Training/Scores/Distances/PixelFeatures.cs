using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Dalle2.Training.Scores.Distances;

/// <summary>
/// Principal components of raw pixels: what no training of anything has a part in. The components are those of some training pictures, found from the products of these
/// with each other: if X X^T u = s u, then X^T u / sqrt(s) is a component of unit length. All are divided by one number, so that their mean square over these pictures is 1.
/// </summary>
public sealed class PixelFeatures : PictureFeatures
{
    /// <summary>Components that are kept at most: those along which pictures differ most.</summary>
    public const int MostComponents = 64;

    /// <summary>Pictures that they are fitted to at most.</summary>
    public const int MostFitted = 512;

    const int PictureSide = 32;

    // Below this share of the largest, what is left is rounding.
    const double Least = 1e-10;

    readonly float[] mean;
    readonly float[][] components;

    PixelFeatures(float[] mean, float[][] components) => (this.mean, this.components) = (mean, components);

    /// <inheritdoc/>
    public override int Side => PictureSide;

    /// <inheritdoc/>
    public override string Name => "pixels";

    /// <inheritdoc/>
    public override string Description => $"{components.Length} principal components of pixels";

    /// <summary>Fits components.</summary>
    /// <param name="pictures">Training pictures; the first <see cref="MostFitted"/> count.</param>
    /// <returns>The features, or null where all pictures are the same and there is nothing to tell them apart by.</returns>
    public static PixelFeatures? Fit(PictureBytes pictures)
    {
        PictureBytes fitted = pictures.Select([.. Enumerable.Range(0, Math.Min(pictures.Count, MostFitted))]).Resize(PictureSide);
        int n = fitted.Count, length = fitted.Length;
        var mean = new float[length];
        for (int p = 0; p < length; p++)
        {
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += fitted[i][p];
            mean[p] = (float)(sum / n / 255);
        }

        float[][] centered = [.. Enumerable.Range(0, n).Select(i => Center(fitted[i], mean))];
        var products = new double[n, n];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j <= i; j++)
                products[i, j] = products[j, i] = InnerProduct.Of(centered[i], centered[j]);
        });
        Evd<double> factors = Matrix<double>.Build.DenseOfArray(products).Evd(Symmetricity.Symmetric);
        double[] values = [.. factors.EigenValues.Select(value => value.Real)];
        int[] kept = [.. Enumerable.Range(0, n).OrderByDescending(i => values[i]).TakeWhile(i => values[i] > Least * values.Max())
            .Take(MostComponents)];
        if (kept.Length == 0)
            return null;
        double scale = 1 / Math.Sqrt(kept.Sum(i => values[i]) / n / kept.Length);
        var components = new float[kept.Length][];
        Parallel.For(0, kept.Length, k =>
        {
            double factor = scale / Math.Sqrt(values[kept[k]]);
            var sums = new double[length];
            for (int i = 0; i < n; i++)
            {
                double weight = factor * factors.EigenVectors[i, kept[k]];
                for (int p = 0; p < length; p++)
                    sums[p] += weight * centered[i][p];
            }

            components[k] = [.. sums.Select(sum => (float)sum)];
        });
        return new PixelFeatures(mean, components);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<float[]> Compute(PictureBytes pictures)
    {
        var rows = new float[pictures.Count][];
        Parallel.For(0, rows.Length, i =>
        {
            float[] centered = Center(pictures[i], mean);
            rows[i] = [.. components.Select(component => (float)InnerProduct.Of(component, centered))];
        });
        return rows;
    }

    static float[] Center(ReadOnlySpan<byte> picture, float[] mean)
    {
        var centered = new float[mean.Length];
        for (int p = 0; p < centered.Length; p++)
            centered[p] = picture[p] / 255f - mean[p];
        return centered;
    }
}
