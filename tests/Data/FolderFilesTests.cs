using System.Text;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

/// <summary>What people's folders hold: links, spellings of names, captions of any editor.</summary>
[TestFixture]
public sealed class FolderFilesTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static byte[] Png { get; } = PictureEncoder.Png(ImageTransform.Composite(new Image(4, 4)));

    void Write(string name, string caption, string ending = ".png")
    {
        folder.Write(name + ending, Png);
        folder.Write(name + ".txt", caption);
    }

    void Link(string name, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        if (Directory.Exists(Path.Combine(Path.GetDirectoryName(folder[name])!, target)))
            Directory.CreateSymbolicLink(folder[name], target);
        else
            File.CreateSymbolicLink(folder[name], target);
    }

    static string[] Keys(FolderDataSet set) =>
        [.. set.Splits.SelectMany(s => Enumerable.Range(0, set.Count(s)).Select(i => set.Key(s, i))).Order(StringComparer.Ordinal)];

    static Dictionary<string, string> Faults(FolderDataSet set)
    {
        var faults = new Dictionary<string, string>();
        foreach (string split in set.Splits)
        {
            for (int i = 0; i < set.Count(split); i++)
            {
                try
                {
                    set.Load(split, i, 4);
                }
                catch (BrokenSampleException e)
                {
                    faults.Add(set.Key(split, i), e.Reason);
                }
            }
        }
        return faults;
    }

    [Test]
    public void Links_to_files_and_folders_are_followed()
    {
        Write("real/cats/a", "a cat");
        Write("set/own", "a dog");
        Link("set/cats", "../real/cats");
        Link("set/one.png", "../real/cats/a.png");
        folder.Write("set/one.txt", "one cat");
        Link("other", "set");
        foreach (string root in new[] { "set", "other" })
        {
            var set = new FolderDataSet(folder[root]);
            Assert.That(Keys(set), Is.EqualTo(new[] { "cats/a.png", "one.png", "own.png" }));
            Assert.That(Faults(set), Is.Empty);
            Assert.That(set.Notices, Is.Empty);
        }
    }

    [Test]
    public void Links_in_a_circle_end_and_are_told()
    {
        Write("set/a/one", "one");
        Write("set/b/two", "two");
        Link("set/a/again", "../../set");
        Link("set/a/b", "../b");
        Link("set/b/a", "../a");
        Link("set/self", "self");
        var set = new FolderDataSet(folder["set"]);
        Assert.That(Keys(set), Is.EqualTo(new[] { "a/b/two.png", "a/one.png", "b/a/one.png", "b/two.png" }));
        Assert.That(set.Notices,
            Is.EqualTo(new[] { "a/again", "a/b/a", "b/a/again",
            "b/a/b" }.Select(name => $"the link {name} leads to a folder that it lies in; it was not followed")));
    }

    [Test]
    public void A_dead_link_is_a_broken_sample()
    {
        Write("good", "good");
        Link("dead.png", "nowhere.png");
        folder.Write("dead.txt", "dead");
        Assert.That(Faults(new FolderDataSet(folder.Path)),
            Is.EqualTo(new Dictionary<string, string> { ["dead.png"] = "there is no such file" }));
    }

    [TestCase("caf\u00E9", "cafe\u0301")]
    [TestCase("cafe\u0301", "caf\u00E9")]
    public void Letters_may_be_stored_in_two_ways(string picture, string caption)
    {
        folder.Write(picture + ".png", Png);
        folder.Write(caption + ".txt", "cafe\u0301 rouge");
        var set = new FolderDataSet(folder.Path);
        Assert.That(Faults(set), Is.Empty);
        string split = set.Splits.Single(s => set.Count(s) > 0);
        Assert.That(set.Caption(split, 0), Is.EqualTo("caf\u00E9 rouge"));
        Assert.That(split, Is.EqualTo(Fnv1a.Hash32("caf\u00E9") % 10 == 0 ? "held-out" : "train"));
    }

    [TestCase(".jfif")]
    [TestCase(".jpe")]
    [TestCase(".apng")]
    [TestCase(".PNG")]
    [TestCase(".Dib")]
    [TestCase(".pjpeg")]
    public void Names_of_known_formats_are_pictures(string ending)
    {
        Write("a", "a red disc", ending);
        Assert.That(Faults(new FolderDataSet(folder.Path)), Is.Empty);
    }

    [Test]
    public void What_does_not_pair_is_told()
    {
        folder.Write("two.png", Png);
        folder.Write("two.txt", "lower");
        folder.Write("two.TXT", "upper");
        folder.Write("Case.png", Png);
        folder.Write("case.txt", "a case");
        folder.Write("lone.txt", "no picture");
        Write("dup", "a disc");
        Write("dup", "a disc", ".gif");
        var set = new FolderDataSet(folder.Path);
        Assert.That(Faults(set), Is.EqualTo(new Dictionary<string, string>
        {
            ["Case.png"] = "it has no caption: there is no Case.txt beside it (case.txt is, and names are compared with their case)",
            ["case.txt"] = "there is no picture of this name beside the caption",
            ["lone.txt"] = "there is no picture of this name beside the caption",
            ["two.txt"] = "two.TXT beside it is the picture's caption file; keep one of them",
        }));
        Assert.That(set.Notices,
            Is.EqualTo(new[] { "pictures that share one caption file, of which each makes a sample: dup.png and dup.gif" }));
        Assert.That(Keys(set), Has.Length.EqualTo(7));
    }

    [Test]
    public void Captions_of_any_editor_are_read()
    {
        folder.Write("a.png", Png);
        foreach (var encoding in new Encoding[] { new UTF8Encoding(true), new UnicodeEncoding(false, true),
            new UnicodeEncoding(true, true), new UnicodeEncoding(false, false) })
        {
            folder.Write("a.txt", [.. encoding.GetPreamble(), .. encoding.GetBytes("a red disc\ra blue disc\r\n\r\n a ring ")]);
            var set = new FolderDataSet(folder.Path);
            string split = set.Splits.Single(s => set.Count(s) > 0);
            Assert.That(Enumerable.Range(0, set.Count(split))
                .Select(i => set.Caption(split, i)), Is.EqualTo(new[] { "a red disc", "a blue disc", "a ring" }));
            Assert.That(Keys(set), Is.EqualTo(new[] { "a.png", "a.png [2]", "a.png [3]" }));
        }
    }

    [Test]
    public void Captions_without_words_are_broken_samples()
    {
        Write("good", "🔴\na disc");
        Write("dots", "...\na ring");
        Write("nothing", "\u200B");
        Write("escape", "\u001B[!");
        Assert.That(Faults(new FolderDataSet(folder.Path)), Is.EqualTo(new Dictionary<string, string>
        {
            ["dots.png"] = "a caption of it has no words: '...'",
            ["nothing.png"] = "a caption of it has no words: '\u200B'",
            ["escape.png"] = @"a caption of it has no words: '\u001B[!'",
        }));
    }

    [Test]
    public void Nothing_but_faults_tells_the_first()
    {
        folder.Write("a\u001B[31m.png", Png);
        Assert.That(() => new FolderDataSet(folder.Path), Throws.TypeOf<UserInputException>()
            .With.Message.Contains(@"The first fault: ").And.Message.Contains(@"a\u001B[31m.png: it has no caption")
                .And.Message.Not.Contains("\u001B"));
    }
}
