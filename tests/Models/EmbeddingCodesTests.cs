using Dalle2.Models.Unclip;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

/// <summary>Embeddings to codes and back, held against what is known of how they were made.</summary>
[Parallelizable(ParallelScope.All)]
public class EmbeddingCodesTests
{
    const int Length = 6, Samples = 4000, Buckets = 32;

    // Deviations along directions of the test's own, in no order, the last one too small to matter.
    static readonly double[] Deviations = [0.5, 3, 0.02, 1, 2, 0];

    static readonly double[][] Directions = Rotation();

    static readonly float[] Images = Draw();

    static readonly EmbeddingCodes Codes = EmbeddingCodes.Of(Images, Length, Length, Buckets);

    [Test]
    public void Components_are_the_directions_of_most_variance_the_largest_first()
    {
        // 9 + 4 + 1 + .25 of 14.2504: more than 99 %, and 14 would be less.
        int[] expected = [1, 4, 3, 0];
        Assert.That(Codes.Count, Is.EqualTo(4));
        for (int i = 0; i < expected.Length; i++)
        {
            double cosine = Enumerable.Range(0, Length).Sum(d => Codes.Basis[i * Length + d] * Directions[expected[i]][d]);
            Assert.That(Math.Abs(cosine), Is.EqualTo(1).Within(2e-3), $"component {i}");
        }

        Assert.That(EmbeddingCodes.Of(Images, Length, 2, Buckets).Count, Is.EqualTo(2));
    }

    [Test]
    public void Of_a_vector_its_first_components_are_kept()
    {
        var components = PrincipalComponents.Of(Images, Length);
        ReadOnlySpan<float> image = Images.AsSpan(7 * Length, Length);
        double[] expected = [.. Deviations.Select(deviation => deviation * deviation).OrderDescending()];
        for (int i = 0; i < Length; i++)
            Assert.That(components.Variances[i], Is.EqualTo(expected[i]).Within(.06 * expected[i] + 1e-9), $"component {i}");
        Assert.That(components.Keep(image, Length), Is.EqualTo(image.ToArray()).Within(1e-5));
        Assert.That(components.Keep(image, 0), Is.EqualTo(components.Mean.ToArray()).Within(1e-5));
        float[] kept = components.Keep(image, 2);
        for (int i = 0; i < Length; i++)
        {
            double along = 0, whole = 0;
            for (int d = 0; d < Length; d++)
            {
                along += (kept[d] - components.Mean[d]) * components.Directions[i][d];
                whole += (image[d] - components.Mean[d]) * components.Directions[i][d];
            }

            Assert.That(along, Is.EqualTo(i < 2 ? whole : 0).Within(1e-5));
        }
    }

    [Test]
    public void What_comes_back_is_within_half_a_bucket_of_each_component_and_lacks_the_others()
    {
        int[] codes = new int[Codes.Count];
        float[] back = new float[Length];
        for (int sample = 0; sample < Samples; sample++)
        {
            ReadOnlySpan<float> image = Images.AsSpan(sample * Length, Length);
            Codes.Encode(image, codes);
            Assert.That(codes, Has.All.InRange(0, Buckets - 1));
            Codes.Decode(codes, back);
            for (int i = 0; i < Codes.Count; i++)
            {
                double error = 0;
                for (int d = 0; d < Length; d++)
                    error += (back[d] - (double)image[d]) * Codes.Basis[i * Length + d];
                Assert.That(Math.Abs(error), Is.LessThanOrEqualTo(0.5 * Codes.Widths[i] + 1e-5), $"component {i} of sample {sample}");
            }
        }
    }

    [Test]
    public void What_lies_beyond_the_extremes_takes_the_last_bucket_there()
    {
        int CodeOf(double value)
        {
            int[] codes = new int[Codes.Count];
            Codes.Encode([.. Enumerable.Range(0, Length).Select(d => (float)(Codes.Mean[d] + value * Codes.Basis[d]))], codes);
            return codes[0];
        }

        double low = Codes.Lows[0], width = Codes.Widths[0];
        Assert.That(CodeOf(low + 7.5 * width), Is.EqualTo(7));
        Assert.That(CodeOf(low - 100), Is.Zero);
        Assert.That(CodeOf(low + 100 * Buckets * width), Is.EqualTo(Buckets - 1));
    }

    [Test]
    public void Embeddings_that_are_all_alike_have_codes_too()
    {
        float[] alike = [.. Enumerable.Repeat((float[])[1, 2, 3], 4).SelectMany(one => one)];
        EmbeddingCodes codes = EmbeddingCodes.Of(alike, 3, 3, Buckets);
        int[] own = new int[codes.Count];
        float[] back = new float[3];
        codes.Encode(alike.AsSpan(0, 3), own);
        codes.Decode(own, back);
        Assert.That(back, Is.EqualTo(new float[] { 1, 2, 3 }).Within(1e-6f));
    }

    // Columns made orthogonal by Gram and Schmidt.
    static double[][] Rotation()
    {
        double[][] directions =
        [
            .. Enumerable.Range(0, Length).Select(i =>
                Enumerable.Range(0, Length).Select(d => (double)Normal("rotation", i * Length + d)).ToArray()),
        ];
        for (int i = 0; i < Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double along = Enumerable.Range(0, Length).Sum(d => directions[i][d] * directions[j][d]);
                directions[i] = [.. directions[i].Select((one, d) => one - along * directions[j][d])];
            }

            double norm = Math.Sqrt(directions[i].Sum(one => one * one));
            directions[i] = [.. directions[i].Select(one => one / norm)];
        }

        return directions;
    }

    static float[] Draw()
    {
        float[] images = new float[Samples * Length];
        for (int i = 0; i < images.Length; i++)
            images[i] = i % Length;
        for (int sample = 0; sample < Samples; sample++)
        {
            for (int i = 0; i < Length; i++)
            {
                double value = Deviations[i] * Normal($"component{i}", sample);
                for (int d = 0; d < Length; d++)
                    images[sample * Length + d] += (float)(value * Directions[i][d]);
            }
        }

        return images;
    }

    static float Normal(string name, int index)
    {
        RandomBlock words = Philox.Block(RandomKey.Named(5, 0, name), (uint)index);
        return Philox.NormalCos(words.W0, words.W1);
    }
}
