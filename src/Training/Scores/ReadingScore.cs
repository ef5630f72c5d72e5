using System.Text.Json.Nodes;

namespace Dalle2.Training.Scores;

/// <summary>What a model's common space of captions and pictures reads in pictures: of all captions that there can be, the most similar one, held against the picture's own.</summary>
/// <param name="Count">Pictures that were read.</param>
/// <param name="CaptionCount">Captions that they were read among.</param>
/// <param name="Attributes">The share that is read right, by attribute; the last is the whole caption.</param>
/// <param name="Chance">The share expected of a caption taken at random.</param>
public sealed record ReadingScore(int Count, int CaptionCount, IReadOnlyList<KeyValuePair<string, WilsonInterval>> Attributes,
    IReadOnlyList<KeyValuePair<string, double>> Chance)
{
    /// <summary>Scores pictures by the products of their vectors with those of all captions. Between equals, and of NaN, nothing is read, which is wrong in everything.</summary>
    /// <param name="imageVectors">A vector for each picture.</param>
    /// <param name="captionVectors">A vector for each caption of the catalog.</param>
    /// <param name="catalog">The captions.</param>
    /// <param name="indices">The index of each picture in its split.</param>
    /// <exception cref="ArgumentException">There is nothing to score, or not a vector for each caption and index.</exception>
    public static ReadingScore Of(IReadOnlyList<float[]> imageVectors, IReadOnlyList<float[]> captionVectors, CaptionCatalog catalog,
        IReadOnlyList<int> indices)
    {
        int n = imageVectors.Count, captions = catalog.Captions.Count;
        if (n == 0 || n != indices.Count || captions == 0 || captions != captionVectors.Count)
        {
            throw new ArgumentException(
                $"{n} pictures of {indices.Count} samples cannot be read by {captionVectors.Count} vectors of {captions} captions");
        }

        var read = new int?[n];
        Parallel.For(0, n, i => read[i] = MostSimilar(imageVectors[i], captionVectors));
        int names = catalog.AttributeNames.Count;
        int[] right = new int[names];
        long[] byChance = new long[names];
        for (int i = 0; i < n; i++)
        {
            for (int caption = 0; caption < captions; caption++)
            {
                bool[] answers = catalog.Compare(indices[i], caption);
                for (int a = 0; a < names; a++)
                {
                    byChance[a] += answers[a] ? 1 : 0;
                    right[a] += answers[a] && read[i] == caption ? 1 : 0;
                }
            }
        }

        return new ReadingScore(n, captions,
            [.. catalog.AttributeNames.Select((name, a) => KeyValuePair.Create(name, WilsonInterval.Of(right[a], n)))],
            [.. catalog.AttributeNames.Select((name, a) => KeyValuePair.Create(name, (double)byChance[a] / n / captions))]);
    }

    /// <summary>The stable form <c>{n, captions, attributes: {NAME: {value, low, high}}, chance: {NAME: x}}</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["n"] = Count,
        ["captions"] = CaptionCount,
        ["attributes"] = new JsonObject(Attributes.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value.ToJson()))),
        ["chance"] = new JsonObject(Chance.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
    };

    static int? MostSimilar(float[] image, IReadOnlyList<float[]> captions)
    {
        int? best = null;
        double most = double.NegativeInfinity;
        for (int i = 0; i < captions.Count; i++)
        {
            double similarity = InnerProduct.Of(image, captions[i]);
            if (similarity > most)
                (best, most) = (i, similarity);
            else if (similarity == most)
                best = null;
        }

        return best;
    }
}
