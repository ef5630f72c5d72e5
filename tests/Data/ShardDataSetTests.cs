using System.Diagnostics;
using System.Formats.Tar;
using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Data.Shards;
using static Dalle2.Tests.Data.DataSetContents;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class ShardDataSetTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    string WriteTar(string name, params (string Name, byte[] Content)[] files)
    {
        using var writer = new TarWriter(File.Create(folder[name]));
        foreach (var (entry, content) in files)
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(content) });
        return folder[name];
    }

    static (string, byte[]) Text(string name, string text) => (name, System.Text.Encoding.UTF8.GetBytes(text));

    // GNU tar's forms have headers of their own for long names.
    [Test]
    public void A_folder_that_tar_packed_is_the_same_set([Values("gnu", "pax", "ustar", "v7")] string form)
    {
        string deep = form == "v7" ? "deep" : string.Join('/', Enumerable.Repeat("a-folder-of-a-long-name", 5));
        for (byte i = 0; i < 30; i++)
        {
            string name = i % 4 == 0 ? $"{deep}/{i}" : $"größe{i % 3}/{i}";
            folder.Write($"set/{name}.png", Png(i));
            folder.Write($"set/{name}.txt", i % 5 == 0 ? $"number {i}\n{i} again\n" : $"number {i}");
        }

        try
        {
            using Process tar = Process.Start(new ProcessStartInfo("tar")
            {
                ArgumentList = { $"--format={form}", "-C", folder["set"], "-cf", folder["set.tar"], "." },
                RedirectStandardError = true,
            })!;
            string said = tar.StandardError.ReadToEnd();
            tar.WaitForExit();
            Assert.That(tar.ExitCode, Is.Zero, said);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Ignore($"there is no tar to pack with: {e.Message}");
        }

        string[] expected = Seen(DataSets.Open(folder["set"]));
        Assert.That(expected, Has.Some.StartsWith("held-out").And.Some.StartsWith("train"));
        Assert.That(Seen(DataSets.Open(folder["set.tar"])), Is.EqualTo(expected));
    }

    [Test]
    public void Several_archives_are_one_set([Values] bool asFolder)
    {
        WriteTar("set-08.tar", ("0.png", Png(1)), Text("0.txt", "one"));
        WriteTar("set-09.tar", ("5.png", Png(2)), Text("5.json", """{"width": 4, "text": "two"}"""), Text("5.cls", "3"),
            ("5.seg.png", Png(9)));
        WriteTar("set-10.tar", ("0.png", Png(3)), Text("0.json", """{"caption": ["three", "drei"]}"""), Text("5.cls", "3"));
        IDataSet set = DataSets.Open(asFolder ? folder.Path : folder["set-{08..10}.tar"]);
        var (good, bad) = All(set);
        Assert.That(bad, Is.Empty);
        Assert.That(good, Is.EquivalentTo(new[] { ("one", (byte)1), ("two", (byte)2), ("three", (byte)3), ("drei", (byte)3) }));
        Assert.That(set.Splits.SelectMany(split => Enumerable.Range(0, set.Count(split)).Select(i => set.Key(split, i))),
            Is.EquivalentTo(new[] { "0.png", "5.png", "set-10/0.png", "set-10/0.png [2]" }));
        Assert.That(set.Notices, Is.EqualTo(new[] { "files that are not read, by their endings: cls 2, seg.png 1" }));
        Assert.That(set.Size(set.Splits[0], 0) ?? set.Size(set.Splits[1], 0), Is.EqualTo((4, 4)));
    }

    [Test]
    public void What_is_wrong_with_a_sample_is_told()
    {
        string path = WriteTar("set.tar", ("1.png", Png(1)), Text("1.txt", "one"), ("2.png", Png(2)), Text("3.txt", "three"),
            ("4.png", [1, 2, 3]), Text("4.txt", "four"), ("5.png", Png(5)), Text("5.json", "{"), ("6.png", Png(6)),
            Text("6.json", """{"width": 3}"""), ("7.png", Png(7)), Text("7.txt", " \n"), ("8.png", Png(8)), Text("8.txt", "?!"));
        var (good, bad) = All(new ShardDataSet(path));
        Assert.That(good, Is.EqualTo(new[] { ("one", (byte)1) }));
        Assert.That(bad["2.png"], Does.Contain("no .txt or .json of its name"));
        Assert.That(bad["3.txt"], Does.Contain("no picture of this name"));
        Assert.That(bad["4.png"], Does.Contain("no picture that is read here"));
        Assert.That(bad["5.png"], Does.Contain("5.json").And.Contain("no valid JSON"));
        Assert.That(bad["6.png"], Does.Contain("--caption-column"));
        Assert.That(bad["7.png"], Is.EqualTo("its caption file 7.txt is empty"));
        Assert.That(bad["8.png"], Does.Contain("no words"));
        Assert.That(bad, Has.Count.EqualTo(7));
        Assert.That(All(new ShardDataSet(WriteTar("other.tar", ("1.png", Png(1)), Text("1.json", """{"legend": "one"}""")),
            new DataSetOptions { CaptionColumn = "legend" })).Good, Is.EqualTo(new[] { ("one", (byte)1) }));
    }

    [Test]
    public void Of_a_file_that_is_there_twice_the_later_counts()
    {
        string path = WriteTar("set.tar", ("1.png", Png(1)), Text("1.txt", "one"), ("1.png", Png(2)), Text("1.txt", "two"));
        Assert.That(All(new ShardDataSet(path)).Good, Is.EqualTo(new[] { ("two", (byte)2) }));
    }

    [Test]
    public void An_archive_that_is_cut_off_gives_what_is_whole()
    {
        string path = WriteTar("set.tar", ("1.png", Png(1)), Text("1.txt", "one"), Text("2.txt", "two"), ("2.png", Png(2)));
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length += 97)
        {
            File.WriteAllBytes(path, whole[..length]);
            try
            {
                var (good, bad) = All(DataSets.Open(path));
                Assert.That(good, Is.Not.Empty);
                Assert.That(good, Is.SubsetOf(new[] { ("one", (byte)1), ("two", (byte)2) }));
                Assert.That(bad.Values, Is.All.Not.Empty);
            }
            catch (UserInputException e)
            {
                Assert.That(e.Message, Does.Contain("set.tar"));
            }
        }
    }

    [TestCase("set-{00..02}.tar", "there is no")]
    [TestCase("set-{5..3}.tar", "no range")]
    [TestCase("set.tar.gz", "compressed")]
    [TestCase("text.tar", "cannot be read as a tar archive")]
    [TestCase("empty.tar", "no captioned picture")]
    public void Archives_that_cannot_be_read_are_refused(string name, string said)
    {
        WriteTar("set-00.tar", ("1.png", Png(1)), Text("1.txt", "one"));
        WriteTar("empty.tar");
        folder.Write("set.tar.gz", [0x1F, 0x8B]);
        folder.Write("text.tar", string.Join('\n', Enumerable.Range(0, 1000)));
        Assert.That(() => DataSets.Open(folder[name]), Throws.TypeOf<UserInputException>().With.Message.Contains(said));
    }
}
