using Dalle2.Training.Scores;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class RetrievalAndEmojiScoreTests
{
    [Test]
    public void Recall_counts_ranks_both_ways()
    {
        // Caption 0 finds picture 0; caption 1 prefers picture 0; caption 2 finds picture 2. Picture 0 prefers caption 1.
        float[] similarity =
        [
            0.8f, 0.1f, 0.2f,
            0.9f, 0.5f, 0.3f,
            0.1f, 0.2f, 0.7f,
        ];
        RetrievalScore score = RetrievalScore.Of(similarity, ["a", "b", "c"]);
        Assert.That(score.TextToImage1.Value, Is.EqualTo(2 / 3.0));
        Assert.That(score.ImageToText1.Value, Is.EqualTo(2 / 3.0));
        Assert.That(score.TextToImage5.Value, Is.EqualTo(1));
        Assert.That((score.Chance1, score.Chance5),
            Is.EqualTo((1 / 3.0, 1.0)).Using<(double,
            double)>((a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-12));
    }

    [Test]
    public void Equal_captions_are_right_for_each_other()
    {
        // Caption 0 is nearest to picture 1, which has the same caption.
        float[] similarity = [0.1f, 0.9f, 0.5f, 0.1f, 0.9f, 0.5f, 0f, 0f, 1f];
        RetrievalScore score = RetrievalScore.Of(similarity, ["a", "a", "b"]);
        Assert.That(score.TextToImage1.Value, Is.EqualTo(1));
        Assert.That(score.Chance1, Is.EqualTo((2 / 3.0 + 2 / 3.0 + 1 / 3.0) / 3).Within(1e-12));
    }

    [Test]
    public void Recall_at_five_and_its_chance_are_those_of_counting()
    {
        // Picture i has rank i for its caption: of eight, five are among the first five.
        const int n = 8;
        float[] similarity = new float[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                similarity[i * n + j] = j == i ? 0 : (j < i ? 1 : -1);
        }

        RetrievalScore score = RetrievalScore.Of(similarity, [.. Enumerable.Range(0, n).Select(i => i.ToString())]);
        Assert.That((score.TextToImage1.Value, score.TextToImage5.Value), Is.EqualTo((1 / 8.0, 5 / 8.0)));
        Assert.That(score.Chance5, Is.EqualTo(5 / 8.0).Within(1e-12));
    }

    [Test]
    public void A_collapsed_encoder_scores_nothing()
    {
        string[] captions = [.. Enumerable.Range(0, 10).Select(i => i.ToString())];
        foreach (float value in new[] { 0.5f, float.NaN, float.NegativeInfinity })
        {
            float[] similarity = new float[100];
            Array.Fill(similarity, value);
            RetrievalScore score = RetrievalScore.Of(similarity, captions);
            Assert.That((score.TextToImage5.Value, score.ImageToText5.Value), Is.EqualTo((0.0, 0.0)), $"{value}");
        }

        Assert.That(() => RetrievalScore.Of(new float[3], ["a", "b"]), Throws.ArgumentException);
    }

    [Test]
    public void The_nearest_candidate_must_be_the_true_one()
    {
        float[][] tones = [[0.1f, 0], [0.3f, 0], [0.5f, 0], [0.7f, 0], [0.9f, 0]];
        EmojiScore score = EmojiScore.Of(
        [
            new ChoiceTrial([0.48f, 1], tones, 2),     // nearest to its own
            new ChoiceTrial([0.9f, 0], tones, 3),      // nearest to another
            new ChoiceTrial([0.6f, 0], [[0.5f, 0], [0.5f, 0]], 0),   // a tie
            new ChoiceTrial([float.NaN, 0], tones, 1),
        ]);
        Assert.That((score.Count, score.Right.Value), Is.EqualTo((4, 0.25)));
        Assert.That(score.Chance, Is.EqualTo((0.2 + 0.2 + 0.5 + 0.2) / 4).Within(1e-12));
        Assert.That(() => EmojiScore.Of([]), Throws.ArgumentException);
        Assert.That(() => EmojiScore.IsRight(new ChoiceTrial([1], tones, 0)), Throws.ArgumentException);
        Assert.That(() => EmojiScore.IsRight(new ChoiceTrial([1, 1], tones, 5)), Throws.ArgumentException);
    }

    /// <summary>Among so many, a square of memory would be needed; the first ones are compared.</summary>
    [Test]
    public void Of_many_pairs_the_first_are_compared()
    {
        int n = RetrievalScore.MostPairs + 100;
        float[][] vectors = [.. Enumerable.Range(0, n).Select(i => new[] { MathF.Cos(i * 0.001f), MathF.Sin(i * 0.001f) })];
        RetrievalScore score = RetrievalScore.Of(vectors, vectors, [.. Enumerable.Range(0, n).Select(i => $"{i}")]);
        Assert.That(score.Count, Is.EqualTo(RetrievalScore.MostPairs));
        Assert.That(score.Chance1, Is.EqualTo(1.0 / RetrievalScore.MostPairs).Within(1e-9));
    }
}
