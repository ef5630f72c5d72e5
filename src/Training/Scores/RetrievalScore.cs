namespace Dalle2.Training.Scores;

/// <summary>How well captions find their pictures among all, and pictures their captions.</summary>
/// <param name="Count">How many pairs there are.</param>
/// <param name="TextToImage1">Share of captions whose own picture is the most similar.</param>
/// <param name="TextToImage5">Share of captions with their picture among the five most similar.</param>
/// <param name="ImageToText1">Share of pictures whose own caption is the most similar.</param>
/// <param name="ImageToText5">Share of pictures with their caption among the five most similar.</param>
/// <param name="Chance1">The share expected at rank 1 of similarities that say nothing; equal both ways.</param>
/// <param name="Chance5">The same among five.</param>
public sealed record RetrievalScore(int Count, WilsonInterval TextToImage1, WilsonInterval TextToImage5,
    WilsonInterval ImageToText1, WilsonInterval ImageToText5, double Chance1, double Chance5)
{
    /// <summary>So many pairs are compared at most: a matrix of 64 MiB. Among more, retrieval would take a square of time and memory.</summary>
    public const int MostPairs = 4096;

    /// <summary>Scores pairs by the products of their vectors, the first <see cref="MostPairs"/> of them.</summary>
    /// <param name="captionVectors">A vector for each caption.</param>
    /// <param name="imageVectors">A vector for each picture, as long.</param>
    /// <param name="captions">The captions.</param>
    public static RetrievalScore Of(IReadOnlyList<float[]> captionVectors, IReadOnlyList<float[]> imageVectors,
        IReadOnlyList<string> captions)
    {
        int n = Math.Min(captions.Count, MostPairs);
        var similarity = new float[n * n];
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
                similarity[i * n + j] = (float)InnerProduct.Of(captionVectors[i], imageVectors[j]);
        });
        return Of(similarity, [.. captions.Take(n)]);
    }

    /// <summary>Scores a similarity matrix. Pairs with equal captions are each other's right answers too.</summary>
    /// <param name="similarity"><c>[n, n]</c>: row i is caption i, column j picture j; larger is more alike. A tie counts against the right answer, NaN is least alike.</param>
    /// <param name="captions">The n captions.</param>
    /// <exception cref="ArgumentException">The matrix is not n x n, or n is 0.</exception>
    public static RetrievalScore Of(ReadOnlySpan<float> similarity, IReadOnlyList<string> captions)
    {
        ArgumentNullException.ThrowIfNull(captions);
        int n = captions.Count;
        if (n == 0 || similarity.Length != (long)n * n)
            throw new ArgumentException($"{similarity.Length} similarities are no {n} x {n} matrix", nameof(similarity));

        Dictionary<string, int> copies = captions.GroupBy(caption => caption, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        Span<int> hits = stackalloc int[4];
        double chance1 = 0, chance5 = 0;
        for (int i = 0; i < n; i++)
        {
            int across = Rank(similarity, captions, i, start: i * n, stride: 1);
            int down = Rank(similarity, captions, i, start: i, stride: n);
            hits[0] += across < 1 ? 1 : 0;
            hits[1] += across < 5 ? 1 : 0;
            hits[2] += down < 1 ? 1 : 0;
            hits[3] += down < 5 ? 1 : 0;
            chance1 += Chance(n, copies[captions[i]], 1) / n;
            chance5 += Chance(n, copies[captions[i]], 5) / n;
        }

        return new RetrievalScore(n, WilsonInterval.Of(hits[0], n), WilsonInterval.Of(hits[1], n), WilsonInterval.Of(hits[2], n),
            WilsonInterval.Of(hits[3], n), chance1, chance5);
    }

    /// <summary>How many wrong answers are at least as similar as the best right one.</summary>
    static int Rank(ReadOnlySpan<float> similarity, IReadOnlyList<string> captions, int own, int start, int stride)
    {
        float best = float.NegativeInfinity;
        for (int j = 0; j < captions.Count; j++)
        {
            float value = similarity[start + j * stride];
            if (value > best && captions[j] == captions[own])
                best = value;
        }

        int rank = 0;
        for (int j = 0; j < captions.Count; j++)
        {
            // Written so that a right answer of NaN (best stays at minus infinity) ranks behind all.
            float value = similarity[start + j * stride];
            if (captions[j] != captions[own] && (value >= best || float.IsNegativeInfinity(best)))
                rank++;
        }

        return rank;
    }

    // 1 - C(n - right, k) / C(n, k): a random order has no right answer among the first k.
    static double Chance(int n, int right, int k)
    {
        double none = 1;
        for (int i = 0; i < Math.Min(k, n); i++)
            none *= Math.Max(0, n - right - i) / (double)(n - i);

        return 1 - none;
    }
}
