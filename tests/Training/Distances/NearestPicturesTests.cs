using Dalle2.Data.Sets;
using Dalle2.Tensors;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Tests.Training.Distances;

[TestFixture]
public sealed class NearestPicturesTests
{
    // Sides with and without a rest behind whole vectors, within one stretch and over several.
    [TestCase(1)]
    [TestCase(3)]
    [TestCase(5)]
    [TestCase(16)]
    [TestCase(21)]
    public void It_finds_what_a_plain_search_finds(int side)
    {
        PictureBytes pictures = Random(37, side, "pictures"), others = Random(50, side, "others");
        NearestPicture[] expected = [.. Enumerable.Range(0, pictures.Count).Select(i => Enumerable.Range(0, others.Count)
            .Select(j => new NearestPicture(j, Squared(pictures[i], others[j]))).MinBy(pair => pair.Squared))];
        Assert.That(NearestPictures.Find(pictures, others, threads: 1), Is.EqualTo(expected));
        int told = 0;
        Assert.That(NearestPictures.Find(pictures, others, threads: 3, done => told = done), Is.EqualTo(expected));
        Assert.That(told, Is.EqualTo(37));
    }

    [Test]
    public void Its_own_copy_is_nearest_and_of_equals_the_first()
    {
        PictureBytes others = Random(20, 8, "others");
        Assert.That(NearestPictures.Find(others, others).Select((found, i) => (found.Index - i, found.Squared)), Is.All.EqualTo((0, 0L)));
        Assert.That(NearestPictures.Find(others.Select([7]), others.Select([3, 7, 7]))[0].Index, Is.EqualTo(1));
    }

    // Blocks of one picture, of several with a rest, and one of all.
    [TestCase(1)]
    [TestCase(7 * 3 * 16 * 16)]
    [TestCase(1 << 20)]
    public void Prepared_pictures_are_searched_block_by_block(int blockBytes)
    {
        IDataSet set = DataSets.Open("shapes", new DataSetOptions { Count = 40 });
        int[] all = [.. Enumerable.Range(0, 40)], repeated = [3, 39, 3, 17];
        PreparedData kept = PreparedData.Load(set, "train", 16), half = PreparedData.Load(set, "train", 16, cacheBytes: 20 * 3 * 16 * 16);
        PictureBytes pictures = PictureBytes.Of(kept, repeated), others = Random(5, 16, "others");
        int told = 0;
        Assert.That(NearestPictures.Find(pictures, half, 2, done => told = done, blockBytes: blockBytes).Select(found => found.Index),
            Is.EqualTo(repeated));
        Assert.That(told, Is.EqualTo(repeated.Length));
        Assert.That(NearestPictures.Find(others, half, blockBytes: blockBytes),
            Is.EqualTo(NearestPictures.Find(others, PictureBytes.Of(kept, all))));
    }

    [Test]
    public void Black_and_white_are_as_far_as_can_be()
    {
        byte[] white = new byte[3 * 64 * 64];
        Array.Fill(white, byte.MaxValue);
        NearestPicture found = NearestPictures.Find(new PictureBytes(64, new byte[white.Length]), new PictureBytes(64, white))[0];
        Assert.That(found, Is.EqualTo(new NearestPicture(0, 255L * 255 * white.Length)));
    }

    [Test]
    public void Other_sides_and_no_pictures_are_refused()
    {
        Assert.That(() => NearestPictures.Find(Random(1, 4, "a"), Random(1, 5, "a")), Throws.ArgumentException);
        Assert.That(() => NearestPictures.Find(Random(1, 4, "a"), Random(0, 4, "a")), Throws.ArgumentException);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.That(() => NearestPictures.Find(Random(1, 4, "a"), Random(1, 4, "a"), cancellation: stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Copies_are_counted_against_the_quantile_of_real_pictures()
    {
        // Of 1 to 101, the 5 % quantile is between 5 and 6 by all usual definitions.
        double[] real = [.. Enumerable.Range(1, 101).Select(i => (double)i)];
        MemorizationScore score = MemorizationScore.Of([0, 1, 5, 50, 60, 70, 80, 90], real, 1000);
        Assert.That((score.Count, score.TrainingCount, score.MedianDrawn, score.MedianReal), Is.EqualTo((8, 1000, 55.0, 51.0)));
        Assert.That(score.Threshold, Is.InRange(5.01, 6));
        Assert.That(score.Nearer.Value, Is.EqualTo(3 / 8.0));
        Assert.That(MemorizationScore.Of(real, real, 1).Nearer.Value, Is.EqualTo(MemorizationScore.Chance).Within(.01));
        Assert.That(() => MemorizationScore.Of([], real, 1), Throws.ArgumentException);
    }

    static long Squared(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        long sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += (x[i] - y[i]) * (x[i] - y[i]);
        return sum;
    }

    static PictureBytes Random(int count, int side, string name) => new(side,
        [.. Enumerable.Range(0, count * 3 * side * side).Select(i => (byte)Philox.Block(RandomKey.Named(1, 0, name), (uint)i).W0)]);
}
