using System.IO.Hashing;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class DataDigestTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static byte[] Png(byte gray) => PictureEncoder.Png(ImageTransform.Composite(new Image(4, 4), gray, gray, gray));

    void Write(string set, string name, byte gray, string caption)
    {
        folder.Write($"{set}/{name}.png", Png(gray));
        folder.Write($"{set}/{name}.txt", caption);
    }

    // Split by folders, so that no name decides where a sample goes.
    void WriteSet(string set)
    {
        Write($"{set}/test", "t", 9, "a test");
        for (byte i = 0; i < 5; i++)
            Write($"{set}/train", $"p{i}", (byte)(10 * i), $"picture {i}");
    }

    DataDigest Digest(string set) => PreparedData.Load(new FolderDataSet(folder[set]), "train", 4, maxBroken: 5).Digest;

    static DataDigest Of(string samples) =>
        new("train", samples.Split(' ').Select(one => one.Split(':')).Select(one => new SampleDigest(one[0], one[1][0], one[1][1])));

    [Test]
    public void The_same_content_elsewhere_has_the_same_digest()
    {
        WriteSet("a");
        WriteSet("b/c");
        Assert.That(Digest("b/c").Whole, Is.EqualTo(Digest("a").Whole));
        Assert.That(Digest("b/c").Since(Digest("a")).None);
        Assert.That(Digest("a")
            .Samples.Select(s => s.Key),
            Is.EqualTo(new[] { "train/p0.png", "train/p1.png", "train/p2.png", "train/p3.png", "train/p4.png" }));
    }

    [Test]
    public void It_is_the_hash_of_captions_and_prepared_pixels()
    {
        WriteSet("a");
        var digest = Digest("a");
        byte[] first = new byte[48];
        Assert.That(digest.Samples[0].Picture, Is.EqualTo(BitConverter.ToUInt64(XxHash128.Hash(first))));
        Assert.That(digest.Samples[1].Caption, Is.EqualTo(BitConverter.ToUInt64(XxHash128.Hash("picture 1"u8))));
        byte[] all = [.. digest.Samples.SelectMany(s =>
            (byte[])[.. BitConverter.GetBytes(s.Caption), .. BitConverter.GetBytes(s.Picture)])];
        Assert.That(digest.Whole, Is.EqualTo(Convert.ToHexStringLower(XxHash128.Hash(all))));
    }

    [Test]
    public void Changes_of_a_folder_are_told_by_name()
    {
        WriteSet("a");
        var before = Digest("a");
        File.Delete(folder["a/train/p0.png"]);
        File.Delete(folder["a/train/p0.txt"]);
        folder.Write("a/train/p1.png", Png(200));
        folder.Write("a/train/p3.txt", "a purple picture");
        Write("a/train", "p9", 90, "picture nine");
        var changes = Digest("a").Since(before);
        Assert.That(changes.Added, Is.EqualTo(new[] { "train/p9.png" }));
        Assert.That(changes.Removed, Is.EqualTo(new[] { "train/p0.png" }));
        Assert.That(changes.Repainted, Is.EqualTo(new[] { "train/p1.png" }));
        Assert.That(changes.Recaptioned, Is.EqualTo(new[] { "train/p3.png" }));
        Assert.That(changes.Moved, Is.Empty);
        Assert.That(changes.Describe(), Is.EqualTo("1 sample was added (train/p9.png), 1 sample was removed (train/p0.png), "
            + "1 sample has another caption (train/p3.png), 1 sample has another picture (train/p1.png)"));
    }

    [TestCase("a:aa b:bb c:cc", "a:aa b:bb c:cc", "nothing has changed")]
    [TestCase("a:aa b:bb c:cc d:dd", "a:aa c:cc d:dd b:bb", "the samples are the same in another order: 1 sample stands elsewhere (b)")]
    [TestCase("a:aa b:bb c:cc d:dd e:ee", "e:ee d:dd c:cc b:bb a:aa",
    "the samples are the same in another order: 4 samples stand elsewhere (e, d, c, ...)")]
    [TestCase("a:aa b:bb", "b:aa a:bb", "nothing has changed")]
    [TestCase("a:aa b:bb", "c:aa b:bb", "nothing has changed")]
    [TestCase("a:aa b:bb c:cc", "b:bb x:aa c:cc", "the samples are the same in another order: 1 sample stands elsewhere (b)")]
    [TestCase("a:aa b:bb", "a:aa b:bb c:cc d:dd e:ee f:ff", "4 samples were added (c, d, e, ...)")]
    [TestCase("a:aa b:bb c:cc", "b:bc a:aa c:xc",
    "1 sample has another caption (c), 1 sample has another picture (b), 1 sample stands in another place (b)")]
    [TestCase("a:aa b:bb c:cc", "b:bx", "2 samples were removed (a, c), 1 sample has another picture (b)")]
    [TestCase("a:aa a:bb", "a:aa a:bx", "1 sample has another picture (a (2))")]
    public void Changes_are_exact(string before, string after, string says)
    {
        var changes = Of(after).Since(Of(before));
        Assert.That(changes.Describe(), Is.EqualTo(says));
        Assert.That(changes.None, Is.EqualTo(Of(before).Whole == Of(after).Whole));
    }

    [Test]
    public void A_new_name_alone_changes_nothing()
    {
        var changes = Of("c:aa b:bb").Since(Of("a:aa b:bb"));
        Assert.That(changes.Renamed, Is.EqualTo(new[] { "c" }));
        Assert.That(changes.None);
    }

    [Test]
    public void A_saved_digest_loads_the_same()
    {
        WriteSet("a");
        var digest = Digest("a");
        digest.Save(folder["run/data.digest"]);
        var loaded = DataDigest.Load(folder["run/data.digest"]);
        Assert.That((loaded.Split, loaded.Whole), Is.EqualTo((digest.Split, digest.Whole)));
        Assert.That(loaded.Samples, Is.EqualTo(digest.Samples));
        Assert.That(new FileInfo(folder["run/data.digest"]).Length, Is.EqualTo(19 + 8 + 6 + 4 + 5 * (16 + 1 + 12)));
    }

    [TestCase(0)]
    [TestCase(20)]
    [TestCase(60)]
    public void A_damaged_digest_is_refused(int at)
    {
        Of("a:aa b:bb").Save(folder["d"]);
        byte[] file = File.ReadAllBytes(folder["d"]);
        file[at] ^= 1;
        File.WriteAllBytes(folder["d"], file);
        Assert.That(() => DataDigest.Load(folder["d"]), Throws.TypeOf<UserInputException>().With.Message.Contains("damaged"));
        File.WriteAllBytes(folder["d"], file[..10]);
        Assert.That(() => DataDigest.Load(folder["d"]), Throws.TypeOf<UserInputException>().With.Message.Contains("damaged"));
        Assert.That(() => DataDigest.Load(folder["none"]), Throws.TypeOf<UserInputException>().With.Message.Contains("none"));
    }
}
