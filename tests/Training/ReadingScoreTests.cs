using Dalle2.Data.Shapes;
using Dalle2.Training.Scores;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class ReadingScoreTests
{
    // Two attributes of two values each; a picture's index is its caption's number.
    static readonly CaptionCatalog Catalog = new(["a c", "a d", "b c", "b d"], ["first", "second", "all"],
        (sample, caption) => [sample / 2 == caption / 2, sample % 2 == caption % 2, sample == caption]);

    static readonly float[][] Captions = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];

    [Test]
    public void The_most_similar_caption_is_read_attribute_by_attribute()
    {
        // Read as 0, 1, 0, 1: of 0, 0, 2, 3.
        float[][] pictures = [[.9f, .1f, 0, 0], [.2f, .5f, .1f, 0], [.4f, 0, .3f, 0], [0, 2, 0, 1]];
        ReadingScore score = ReadingScore.Of(pictures, Captions, Catalog, [0, 0, 2, 3]);
        Assert.That((score.Count, score.CaptionCount), Is.EqualTo((4, 4)));
        Assert.That(score.Attributes.Select(one => (one.Key, one.Value.Value)),
            Is.EqualTo(new[] { ("first", .5), ("second", .75), ("all", .25) }));
        Assert.That(score.Chance.Select(one => one.Value), Is.EqualTo(new[] { .5, .5, .25 }));
    }

    [Test]
    public void Between_equals_and_of_nothing_nothing_is_read()
    {
        foreach (float[] picture in new float[][] { [1, 1, 0, 0], [0, 0, 0, 0], [float.NaN, 0, 0, 0] })
        {
            ReadingScore score = ReadingScore.Of([picture], Captions, Catalog, [0]);
            Assert.That(score.Attributes.Select(one => one.Value.Value), Is.All.Zero);
        }

        Assert.That(() => ReadingScore.Of([], Captions, Catalog, []), Throws.ArgumentException);
        Assert.That(() => ReadingScore.Of(Captions, Captions[..2], Catalog, [0, 1, 2, 3]), Throws.ArgumentException);
    }

    [Test]
    public void Shapes_have_all_their_captions_and_pairs_too_many()
    {
        var set = new ShapesDataSet(1);
        CaptionCatalog catalog = DrawingJudge.All.Single(judge => judge.Knows(set)).Captions(set, "held-out")!;
        Assert.That(catalog.Captions, Has.Count.EqualTo(3456).And.Unique);
        Assert.That(catalog.AttributeNames, Is.EqualTo(new[] { "shape", "colour", "size", "place", "background", "all" }));
        for (int sample = 0; sample < 20; sample++)
        {
            int[] right = new int[6];
            for (int caption = 0; caption < catalog.Captions.Count; caption++)
            {
                bool[] answers = catalog.Compare(sample, caption);
                Assert.That(answers[5], Is.EqualTo(catalog.Captions[caption] == set.Caption("held-out", sample)));
                for (int i = 0; i < right.Length; i++)
                    right[i] += answers[i] ? 1 : 0;
            }

            Assert.That(right, Is.EqualTo(new[] { 3456 / 8, 3456 / 8, 3456 / 2, 3456 / 9, 3456 / 3, 1 }));
        }

        Assert.That(DrawingJudge.All.Single(judge => judge.Knows(set)).Captions(new ShapesDataSet(2), "held-out"), Is.Null);
    }
}
