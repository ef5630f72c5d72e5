using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

public class CaptionNeighborsTests
{
    // All captions of three words of four values each, twice, and one that no other is near to.
    static readonly int[][] Captions =
    [
        .. Enumerable.Range(0, 128).Select(i => (int[])[i % 4, 10 + i / 4 % 4, 20 + i / 16 % 4]),
        [90, 91, 92, 93],
    ];

    [Test]
    public void A_batch_has_no_caption_twice_and_runs_of_captions_that_differ_in_one_word()
    {
        var neighbors = new CaptionNeighbors(Captions);
        Assert.That(neighbors.HasAny);
        for (ulong step = 0; step < 20; step++)
        {
            var samples = new int[24];
            neighbors.Draw(RandomKey.Named(1, step, "test"), samples);
            string[] captions = [.. samples.Select(i => string.Join(' ', Captions[i]))];
            Assert.That(captions, Is.Unique);
            int near = samples.Count(i => samples.Any(j => Differing(Captions[i], Captions[j]) == 1));
            Assert.That(near, Is.GreaterThanOrEqualTo(20), $"step {step}");
            var again = new int[24];
            neighbors.Draw(RandomKey.Named(1, step, "test"), again);
            Assert.That(again, Is.EqualTo(samples));
        }
    }

    [Test]
    public void Every_sample_is_drawn_at_some_time()
    {
        var neighbors = new CaptionNeighbors(Captions);
        var seen = new HashSet<int>();
        for (ulong step = 0; step < 200; step++)
        {
            var samples = new int[16];
            neighbors.Draw(RandomKey.Named(1, step, "test"), samples);
            seen.UnionWith(samples);
        }

        Assert.That(seen, Has.Count.EqualTo(Captions.Length));
    }

    [Test]
    public void Where_there_are_too_few_captions_they_come_again()
    {
        var neighbors = new CaptionNeighbors([[1, 2], [1, 3], [1, 2]]);
        var samples = new int[64];
        neighbors.Draw(RandomKey.Named(1, 0, "test"), samples);
        Assert.That(samples.Distinct().Order(), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(new CaptionNeighbors([[1], [2, 3]]).HasAny, Is.False);
    }

    static int Differing(int[] one, int[] two) =>
        one.Length != two.Length ? int.MaxValue : one.Zip(two).Count(pair => pair.First != pair.Second);
}
