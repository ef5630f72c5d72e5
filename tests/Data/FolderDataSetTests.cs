using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class FolderDataSetTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static byte[] Png(byte gray, int width = 4, int height = 4)
    {
        var image = new Image(width, height);
        for (int i = 0; i < image.Rgba.Length; i++)
            image.Rgba[i] = i % 4 == 3 ? (byte)255 : gray;
        return PictureEncoder.Png(image);
    }

    static List<(string Split, int Index)> All(FolderDataSet set) =>
        [.. set.Splits.SelectMany(s => Enumerable.Range(0, set.Count(s)).Select(i => (s, i)))];

    [Test]
    public void Each_line_of_a_caption_is_a_sample_in_ordinal_order()
    {
        folder.Write("b.png", Png(20));
        folder.Write("b.txt", "second\r\n\n  third \n");
        folder.Write("a/z.PNG", Png(10));
        folder.Write("a/z.txt", "\uFEFFfirst");
        folder.Write(".hidden/x.png", Png(30));
        var set = new FolderDataSet(folder.Path);
        var found = All(set).Select(s => (Caption: set.Caption(s.Split, s.Index), Gray: set.Load(s.Split, s.Index, 2).Rgba[0]))
            .OrderBy(s => s.Gray).ToList();
        Assert.That(found, Is.EqualTo(new[] { ("first", (byte)10), ("second", (byte)20), ("third", (byte)20) }));
    }

    [Test]
    public void About_a_tenth_is_held_out_by_name_and_all_captions_of_a_picture_together()
    {
        for (int i = 0; i < 150; i++)
        {
            folder.Write($"p{i:000}.png", Png(1, 1, 1));
            folder.Write($"p{i:000}.txt", $"{i} one\n{i} two");
        }
        var set = new FolderDataSet(folder.Path);
        Assert.That(set.Splits, Is.EqualTo(new[] { "train", "held-out" }));
        Assert.That(set.Count("train") + set.Count("held-out"), Is.EqualTo(300));
        Assert.That(set.Count("held-out"), Is.InRange(10, 60).And.Matches<int>(n => n % 2 == 0));
        var heldOut = Enumerable.Range(0, set.Count("held-out")).Select(i => set.Caption("held-out", i)).ToList();
        Assert.That(heldOut.Where((_, i) => i % 2 == 0).Select(c => c.Split(' ')[0]),
            Is.EqualTo(heldOut.Where((_, i) => i % 2 == 1).Select(c => c.Split(' ')[0])));
        Assert.That(Enumerable.Range(0, set.Count("train")).Select(i => set.Caption("train", i)),
            Is.Ordered.Using((IComparer<string>)Comparer<string>.Create(
            (a, b) => int.Parse(a.Split(' ')[0]).CompareTo(int.Parse(b.Split(' ')[0])))));
    }

    [Test]
    public void Folders_train_and_test_are_the_splits()
    {
        foreach (string name in new[] { "train/a", "train/b", "test/a", "stray" })
        {
            folder.Write(name + ".png", Png(1));
            folder.Write(name + ".txt", name);
        }
        var set = new FolderDataSet(folder.Path);
        Assert.That(set.Splits, Is.EqualTo(new[] { "train", "test" }));
        Assert.That((set.Count("train"), set.Count("test")), Is.EqualTo((3, 1)));
        Assert.That(() => set.Load("train", 0, 8),
            Throws.TypeOf<BrokenSampleException>().With.Message.Contains("outside of train/ and test/"));
    }

    [Test]
    public void What_cannot_be_used_is_reported_with_its_path_and_counted()
    {
        folder.Write("train/good.png", Png(1));
        folder.Write("train/good.txt", "a good one");
        folder.Write("train/bad-lone.png", Png(1));
        folder.Write("train/bad-words.txt", "words without picture");
        folder.Write("train/bad-blank.png", Png(1));
        folder.Write("train/bad-blank.txt", " \n\n");
        folder.Write("train/bad-bytes.png", Png(1));
        folder.Write("train/bad-bytes.txt", [0xC3, 0x28]);
        folder.Write("train/bad-cut.png", Png(1)[..40]);
        folder.Write("train/bad-cut.txt", "cut");
        folder.Write("train/bad-gif.gif", "GIF89a..."u8.ToArray());
        folder.Write("train/bad-gif.txt", "gif");
        folder.Write("test/good.png", Png(1));
        folder.Write("test/good.txt", "another");
        var set = new FolderDataSet(folder.Path);
        Assert.That(set.Count("train"), Is.EqualTo(7));
        var prepared = PreparedData.Load(set, "train", 8, maxBroken: 6);
        Assert.That(prepared.Captions, Is.EqualTo(new[] { "a good one" }));
        Assert.That(prepared.Broken.Select(b => (Path.GetFileName(b.Source), b.Reason)).OrderBy(b => b.Item1, StringComparer.Ordinal),
            Is.EqualTo(new[]
        {
            ("bad-blank.png", "its caption file bad-blank.txt is empty"),
            ("bad-bytes.png", "its caption file bad-bytes.txt is not valid UTF-8"),
            ("bad-cut.png", prepared.Broken.Single(b => b.Source.Contains("bad-cut", StringComparison.Ordinal)).Reason),
            ("bad-gif.gif", prepared.Broken.Single(b => b.Source.Contains("bad-gif", StringComparison.Ordinal)).Reason),
            ("bad-lone.png", "it has no caption: there is no bad-lone.txt beside it"),
            ("bad-words.txt", "there is no picture of this name beside the caption"),
        }));
        Assert.That(prepared.Broken[0].Source, Does.StartWith(folder.Path));
        Assert.That(() => PreparedData.Load(set, "train", 8, maxBroken: 5),
            Throws.TypeOf<UserInputException>().With.Message.Contains("6 of 7").And.Message.Contains("--max-broken 6").And.Message.Contains(
            "and 1 more"));
    }

    [Test]
    public void An_empty_or_missing_folder_is_refused()
    {
        Assert.That(() => new FolderDataSet(folder.Path),
            Throws.TypeOf<UserInputException>().With.Message.Contains("no captioned picture"));
        Assert.That(() => new FolderDataSet(folder["none"]), Throws.TypeOf<UserInputException>().With.Message.Contains("no folder"));
    }

    [Test]
    public void Unknown_sets_are_refused_with_what_there_is()
    {
        Assert.That(() => DataSets.Open("shpaes"), Throws.TypeOf<UserInputException>().With.Message.Contains("Did you mean shapes?")
            .And.Message.Contains("emoji, fashion, shapes, shapes2"));
        Assert.That(() => DataSets.Open("/no/such/path"), Throws.TypeOf<UserInputException>().With.Message.Not.Contains("Did you mean"));
        Assert.That(() => DataSets.Open(folder.Write("x.doc", "a")), Throws.TypeOf<UserInputException>().With.Message.Contains("COCO"));
        Assert.That(() => DataSets.Open("shapes", new DataSetOptions { Count = 0 }), Throws.TypeOf<UserInputException>());
        Assert.That(DataSets.Open("shapes2").Name, Is.EqualTo("shapes2"));
    }
}
