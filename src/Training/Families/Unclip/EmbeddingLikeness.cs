using MathNet.Numerics;
using MathNet.Numerics.Statistics;

namespace Dalle2.Training.Families.Unclip;

/// <summary>How near embeddings are to those that they should be, and to those of other pictures, in cosines.</summary>
sealed class EmbeddingLikeness
{
    // Standard errors by which a difference is no accident.
    const double Certain = 2;

    /// <summary>Compares.</summary>
    /// <param name="embeddings">The embeddings.</param>
    /// <param name="truth">What each should be.</param>
    public EmbeddingLikeness(float[][] embeddings, float[][] truth)
    {
        double[] own = [.. embeddings.Select((one, i) => Cosine(one, truth[i]))],
            other = [.. embeddings.Select((one, i) => Cosine(one, truth[(i + 1) % truth.Length]))],
            differences = [.. own.Zip(other, (a, b) => a - b)];
        (Own, Other) = (own.Mean(), other.Mean());
        IsTold = differences.Length > 1
            && differences.Mean() > Certain * differences.StandardDeviation() / Math.Sqrt(differences.Length);
    }

    /// <summary>The mean cosine to what they should be.</summary>
    public double Own { get; }

    /// <summary>The mean cosine to those of other pictures.</summary>
    public double Other { get; }

    /// <summary>Whether they are nearer to their own than to others, by more than accident.</summary>
    public bool IsTold { get; }

    static double Cosine(float[] x, float[] y) => 1 - Distance.Cosine(x, y);
}
