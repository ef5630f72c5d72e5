using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class PreparedDataTests
{
    /// <summary>Each third sample is broken; picture i is of color i.</summary>
    sealed class Holed(int count, Exception? fatal = null) : IDataSet
    {
        public string Name => "holed";

        public IReadOnlyList<string> Splits { get; } = ["train", "held-out"];

        public int Count(string split) => split == "train" ? count : 2;

        public string Caption(string split, int index) => split == "train" ? $"sample {index}" : "a new sample";

        public string Source(string split, int index) => $"file {index}";

        public Image Load(string split, int index, int side)
        {
            if (fatal is not null && index == 7)
                throw fatal;
            if (index % 3 == 2)
                throw new BrokenSampleException(Source(split, index), "a hole");
            var image = new Image(side, side);
            image.Rgba.AsSpan().Fill((byte)index);
            return image;
        }
    }

    [Test]
    public void Results_are_in_order_and_independent_of_threads([Values(1, 2, 5)] int threads)
    {
        var calls = new List<int>();
        var data = PreparedData.Load(new Holed(200), "train", 3, maxBroken: 66, threads, (done, of) => calls.Add(done));
        Assert.That(data.Count, Is.EqualTo(134));
        Assert.That(data.Indices, Is.EqualTo(Enumerable.Range(0, 200).Where(i => i % 3 != 2)));
        Assert.That(data.Captions, Is.EqualTo(data.Indices.Select(i => $"sample {i}")));
        Assert.That(Enumerable.Range(0, data.Count).Select(i => data.Picture(i).ToArray()),
            Is.EqualTo(data.Indices.Select(i => Enumerable.Repeat((byte)i, 27))));
        Assert.That(data.Broken.Select(b => b.Index), Is.EqualTo(Enumerable.Range(0, 200).Where(i => i % 3 == 2)));
        Assert.That(calls, Is.Ordered.And.Unique);
        Assert.That(calls[^1], Is.EqualTo(200));
        var floats = new float[27];
        data.CopyFloats(1, floats);
        Assert.That(floats, Has.All.EqualTo(1 / 255f));
    }

    // Nothing, five pictures and some bytes, all but a byte, all.
    [TestCase(0, 0)]
    [TestCase(5 * 27 + 26, 4)]
    [TestCase(200 * 27 - 1, 133)]
    [TestCase(200 * 27, 134)]
    public void What_is_not_kept_is_read_again(int cacheBytes, int kept)
    {
        var set = new Holed(200);
        PreparedData all = PreparedData.Load(set, "train", 3, maxBroken: 66), some = PreparedData.Load(
            set, "train", 3, maxBroken: 66, threads: 2, cacheBytes: cacheBytes);
        Assert.That((some.KeptCount, some.KeptBytes), Is.EqualTo((kept, 27L * kept)));
        Assert.That(some.Digest.Whole, Is.EqualTo(all.Digest.Whole));
        Assert.That(some.Indices, Is.EqualTo(all.Indices));
        int[] indices = [133, 0, 5, 4, 3, 77, 77];
        byte[] expected = new byte[7 * 27], read = new byte[7 * 27];
        all.CopyPictures(indices, expected);
        Assert.That(expected, Is.EqualTo(indices.SelectMany(i => Enumerable.Repeat((byte)all.Indices[i], 27))));
        some.CopyPictures(indices, read);
        Assert.That(read, Is.EqualTo(expected));
        Assert.That(some.Picture(133).ToArray(), Is.EqualTo(all.Picture(133).ToArray()));
    }

    [Test]
    public void Many_pictures_are_kept_in_several_blocks()
    {
        // 12 of these 17 pictures lie in one block.
        PreparedData data = PreparedData.Load(new Holed(17), "train", 1300, maxBroken: 5);
        Assert.That(data.KeptCount, Is.EqualTo(12));
        for (int i = 0; i < data.Count; i++)
            Assert.That(data.Picture(i).IndexOfAnyExcept((byte)data.Indices[i]), Is.EqualTo(-1), $"picture {i}");
    }

    [Test]
    public void A_picture_that_is_another_one_or_broken_when_it_is_read_again_is_named()
    {
        using var folder = new TemporaryFolder();
        for (byte i = 0; i < 8; i++)
        {
            folder.Write($"train/{i}.png", DataSetContents.Png(i));
            folder.Write($"train/{i}.txt", $"number {i}");
        }

        folder.Write("test/9.png", DataSetContents.Png(9));
        folder.Write("test/9.txt", "nine");
        var data = PreparedData.Load(DataSets.Open(folder.Path), "train", 4, cacheBytes: 2 * 48);
        var target = new byte[3 * 48];
        folder.Write("train/0.png", DataSetContents.Png(200));
        folder.Write("train/5.png", DataSetContents.Png(200));
        File.Delete(folder["train/6.png"]);
        Assert.That(() => data.CopyPictures([0, 2, 7], target), Throws.Nothing);
        Assert.That(target[0], Is.Zero, "the first is kept");
        Assert.That(() => data.CopyPictures([1, 5, 2], target), Throws.TypeOf<UserInputException>().With.Message
            .Contains(folder["train/5.png"]).And.Message.Contains("not the picture that it was").And.Message.Contains("--resume"));
        Assert.That(() => data.CopyPictures([1, 6, 2], target), Throws.TypeOf<UserInputException>()
            .With.Message.Contains(folder["train/6.png"]).And.Message.Contains("broken now"));
    }

    [Test]
    public void Too_many_broken_samples_are_fatal_and_say_which_flag_helps() =>
        Assert.That(() => PreparedData.Load(new Holed(30), "train", 2, maxBroken: 9), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("10 of 30").And.Message.Contains("--max-broken 10").And.Message.Contains("file 2: a hole"));

    [Test]
    public void What_needs_the_user_stops_everything_with_its_own_words() =>
        Assert.That(() => PreparedData.Load(new Holed(30, new UserInputException("install it")), "train", 2, 30),
        Throws.TypeOf<UserInputException>().With.Message.EqualTo("install it"));

    [Test]
    public void A_sample_without_memory_is_broken() =>
        Assert.That(PreparedData.Load(new Holed(30, new InsufficientMemoryException()), "train", 2, 30).Broken.Single(b => b.Index == 7),
            Is.EqualTo(new BrokenSample("train", 7, "file 7", "there is not enough memory for it")));

    [Test]
    public void A_fault_of_our_own_names_the_sample() =>
        Assert.That(() => PreparedData.Load(new Holed(30, new NotSupportedException("a bug")), "train", 2, 30),
            Throws.TypeOf<InvalidOperationException>().With.Message.EqualTo("file 7: a bug"));

    [Test]
    public void An_empty_split_is_refused() =>
        Assert.That(() => PreparedData.Load(new Holed(0), "train", 2), Throws.TypeOf<UserInputException>().With.Message.Contains("empty"));

    [Test]
    public void Memory_is_checked_before_with_figures()
    {
        var set = new Holed(1_000_000);
        Assert.That(() => PreparedData.CheckMemory(set, "train", 10_000, 64, 100_000_000),
            Throws.TypeOf<UserInputException>().With.Message.Contains("123 MB").And.Message.Contains("100 MB"));
        Assert.That(() => PreparedData.CheckMemory(set, "train", 10_000, 64, 200_000_000), Throws.Nothing);
        Assert.That(() => PreparedData.Load(set, "train", 4096), Throws.TypeOf<UserInputException>().With.Message.Contains("50,331,648 MB")
            .And.Message.Contains("--cache-bytes"));
    }

    [Test]
    public void Cancelling_stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.That(() => PreparedData.Load(new Holed(3), "train", 2, 3, cancellation: source.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Inspection_counts_what_is_there()
    {
        int last = 0;
        var result = Inspection.Of(new Holed(6), frequentWords: 2, (done, of) => last = done * 100 / of);
        Assert.That(result.Splits, Is.EqualTo(new[] { new SplitCount("train", 6, 2), new SplitCount("held-out", 2, 0) }));
        Assert.That(result.CaptionLengths, Is.EqualTo(new[] { new LengthCount(2, 4), new LengthCount(3, 2) }));
        Assert.That(result.MeanCaptionLength, Is.EqualTo(14 / 6.0).Within(1e-12));
        // Samples 0, 1, 3, 4 are sound: "sample" four times, each number once.
        Assert.That(result.VocabularySize, Is.EqualTo(5));
        Assert.That(result.FrequentWords, Is.EqualTo(new[] { new WordCount("sample", 4), new WordCount("0", 1) }));
        Assert.That(result.UnknownWords, Is.EqualTo(new[] { "a", "new" }));
        Assert.That(result.Broken.Select(b => b.Index), Is.EqualTo(new[] { 2, 5 }));
        Assert.That(last, Is.EqualTo(100));
    }
}
