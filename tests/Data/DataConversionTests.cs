using Dalle2.Data;
using Dalle2.Data.Conversion;
using Dalle2.Data.ParquetFiles;
using Dalle2.Data.Sets;
using Dalle2.Data.Shards;
using Dalle2.Data.Tables;
using static Dalle2.Tests.Data.DataSetContents;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class DataConversionTests
{
    static readonly string[] forms = ["folder", "set.csv", "set.tsv", "set.jsonl", "set.parquet", "set.tar", "set-{0..2}.tar"];

    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // Quotation marks, delimiters, accents and several captions, and files of two formats.
    void WriteSet(string name, string[] below, int count = 30)
    {
        for (byte i = 0; i < count; i++)
        {
            string stem = $"{name}/{below[i % below.Length]}größe{i % 3}/{i}";
            folder.Write(stem + (i % 2 == 0 ? ".png" : ".pgm"), i % 2 == 0 ? Png(i) : [.. "P5 1 1 255\n"u8, (byte)(i + 100)]);
            folder.Write(stem + ".txt", i % 5 == 0 ? $"the \"{i}\", größer;\n{i}\tagain\n" : $"number {i}, {i}");
        }
    }

    // Everything of a set, pictures as the bytes of their files.
    static string[] Contents(IDataSet set) =>
    [
        .. set.Splits.SelectMany(split => Enumerable.Range(0, set.Count(split)).Select(i =>
            $"{split} {set.Key(split, i)} {set.Caption(split, i)} {Convert.ToHexString(set.FileBytes(split, i)!)}")),
    ];

    [Test]
    public void Each_form_and_back_is_the_same_set([ValueSource(nameof(forms))] string form, [Values] bool divided)
    {
        WriteSet("a", divided ? ["train/", "test/", "train/"] : [""]);
        IDataSet set = DataSets.Open(folder["a"]);
        string[] expected = Contents(set);
        Assert.That(expected, Has.Length.EqualTo(36).And.Some.StartsWith(divided ? "test" : "held-out"));
        ConversionResult result = DataConversion.Run(set, folder[form]);
        Assert.That((result.Pictures, result.Broken.Count, result.Notices.Count), Is.EqualTo((30, 0, 0)));
        IDataSet there = DataSets.Open(folder[form]);
        Assert.That(there, Is.TypeOf(form switch
        {
            "folder" => typeof(FolderDataSet),
            "set.parquet" => typeof(ParquetDataSet),
            _ when form.EndsWith(".tar", StringComparison.Ordinal) => typeof(ShardDataSet),
            _ => typeof(TableDataSet),
        }));
        Assert.That(Contents(there), Is.EqualTo(expected));
        DataConversion.Run(there, folder["back"]);
        Assert.That(Contents(DataSets.Open(folder["back"])), Is.EqualTo(expected));
        // Nothing is left beside it.
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path, ".*"), Is.Empty);
    }

    [Test]
    public void A_set_of_no_files_becomes_pictures_of_the_side([Values("folder", "set.csv", "set.parquet", "set.tar")] string form)
    {
        IDataSet set = DataSets.Open("shapes", new DataSetOptions { Count = 12, HeldOutCount = 5 });
        ConversionResult result = DataConversion.Run(set, folder[form], side: 32);
        Assert.That(result.Notices.Single(), Does.Contain("below train/ and test/"));
        IDataSet there = DataSets.Open(folder[form]);
        Assert.That(there.Splits, Is.EqualTo(new[] { "train", "test" }));
        Assert.That((there.Count("train"), there.Count("test")), Is.EqualTo((12, 5)));
        for (int i = 0; i < 5; i++)
        {
            Assert.That(there.Caption("test", i), Is.EqualTo(set.Caption("held-out", i)));
            Assert.That(there.Load("test", i, 32).Rgba, Is.EqualTo(set.Load("held-out", i, 32).Rgba));
        }
    }

    [Test]
    public void Pixels_of_idx_files_are_kept()
    {
        folder.Write("idx/train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9]);
        folder.Write("idx/train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1]);
        IDataSet set = DataSets.Open(folder["idx"]);
        DataConversion.Run(set, folder["set.tar"]);
        var (good, bad) = All(DataSets.Open(folder["set.tar"]));
        Assert.That(bad, Is.Empty);
        Assert.That(good, Is.EquivalentTo(new[] { ("0", (byte)7), ("1", (byte)9) }));
    }

    [Test]
    public void Broken_samples_are_left_out_and_told()
    {
        WriteSet("a", [""], 12);
        folder.Write("a/bad.png", "no picture");
        folder.Write("a/bad.txt", "bad");
        folder.Write("a/bare.png", Png(1));
        ConversionResult result = DataConversion.Run(DataSets.Open(folder["a"]), folder["set.parquet"]);
        Assert.That(result.Pictures, Is.EqualTo(12));
        Assert.That(result.Broken.Select(broken => Path.GetFileName(broken.Source)), Is.EquivalentTo(new[] { "bad.png", "bare.png" }));
        Assert.That(result.Splits.Sum(split => split.Broken), Is.EqualTo(2));
        Assert.That(All(DataSets.Open(folder["set.parquet"])).Good, Has.Count.EqualTo(15));
        folder.Write("none/bad.jpg", "no picture");
        folder.Write("none/bad.txt", "bad");
        Assert.That(() => DataConversion.Run(DataSets.Open(folder["none"]), folder["none.tar"]), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("no sample can be used").And.Message.Contains("bad.jpg"));
        Assert.That(File.Exists(folder["none.tar"]), Is.False);
    }

    [Test]
    public void What_is_there_is_replaced_only_when_asked([Values("folder", "set.csv", "set.parquet", "set-{0..2}.tar")] string form)
    {
        WriteSet("a", [""], 12);
        WriteSet("b", [""], 8);
        IDataSet set = DataSets.Open(folder["a"]);
        DataConversion.Run(DataSets.Open(folder["b"]), folder[form]);
        string[] before = Contents(DataSets.Open(folder[form]));
        Assert.That(() => DataConversion.Run(set, folder[form]), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("exists already").And.Message.Contains("--force"));
        Assert.That(Contents(DataSets.Open(folder[form])), Is.EqualTo(before));
        DataConversion.Run(set, folder[form], replaces: true);
        Assert.That(Contents(DataSets.Open(folder[form])), Is.EqualTo(Contents(set)));
    }

    [Test]
    public void A_folder_of_other_things_is_never_replaced()
    {
        WriteSet("a", [""], 12);
        folder.Write("home/deep/thesis.doc", "years of work");
        IDataSet set = DataSets.Open(folder["a"]);
        Assert.That(() => DataConversion.Run(set, folder["home"], replaces: true), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("thesis.doc"));
        Assert.That(() => DataConversion.Run(set, folder["home"] + ".csv", replaces: true), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("thesis.doc"));
        Assert.That(File.ReadAllText(folder["home/deep/thesis.doc"]), Is.EqualTo("years of work"));
    }

    [Test]
    public void Names_that_a_form_cannot_have_are_changed_and_the_splits_stay()
    {
        for (int i = 0; i < 20; i++)
        {
            folder.Write($"a/v1.{i}.png", Png((byte)i));
            folder.Write($"a/v1.{i}.txt", $"number {i}");
        }

        IDataSet set = DataSets.Open(folder["a"]);
        ConversionResult result = DataConversion.Run(set, folder["set.tar"]);
        Assert.That(result.Notices, Has.Some.StartsWith("20 pictures have other names"));
        IDataSet there = DataSets.Open(folder["set.tar"]);
        Assert.That(Captions(there, 0), Is.EquivalentTo(Captions(set, 0)));
        Assert.That(Captions(there, 1), Is.EquivalentTo(Captions(set, 1)));

        static IEnumerable<string> Captions(IDataSet set, int split) =>
            Enumerable.Range(0, set.Count(set.Splits[split])).Select(i => set.Caption(set.Splits[split], i));
    }

    [Test]
    public void Names_cannot_lead_out_of_the_target()
    {
        const string rows = """
            {"file_name": "one/../../pictures/1.png", "text": "one"}
            {"file_name": "2.png", "text": "two\nlines"}
            """;
        folder.Write("pictures/1.png", Png(1));
        folder.Write("pictures/2.png", Png(2));
        IDataSet set = new NamedSet(["../../1.png", "/etc/passwd", ".hidden.png", "a//b.png", "same.png", "same.png"]);
        DataConversion.Run(set, folder["out/folder"]);
        // Beside the two that were there before.
        Assert.That(Directory.EnumerateFiles(folder.Path, "*.png", SearchOption.AllDirectories).Count(), Is.EqualTo(8));
        Assert.That(Directory.EnumerateFiles(folder["out/folder"], "*.png", SearchOption.AllDirectories).Count(), Is.EqualTo(6));
        Assert.That(All(DataSets.Open(folder["out/folder"])).Good.Select(sample => sample.Caption),
            Is.EquivalentTo(new[] { "0", "1", "2", "3", "4", "5" }));
        // A line break cannot stand in a .txt.
        string table = folder.Write("pictures/set.jsonl", rows);
        ConversionResult result = DataConversion.Run(DataSets.Open(table), folder["out/lines"]);
        Assert.That(result.Notices, Has.Some.Contains("line breaks"));
        Assert.That(All(DataSets.Open(folder["out/lines"])).Good, Is.EquivalentTo(new[] { ("one", (byte)1), ("two lines", (byte)2) }));
        DataConversion.Run(DataSets.Open(table), folder["out/set.tar"]);
        Assert.That(All(DataSets.Open(folder["out/set.tar"])).Good, Is.EquivalentTo(new[] { ("one", (byte)1), ("two\nlines", (byte)2) }));
    }

    [TestCase("set.zip", ".zip is no form")]
    [TestCase("set.tar.gz", ".gz is no form")]
    [TestCase("a/1.txt/set.csv", "cannot be written")]
    public void Targets_that_cannot_be_written_are_refused(string name, string said)
    {
        WriteSet("a", [""], 12);
        folder.Write("a/1.txt", "a file");
        Assert.That(() => DataConversion.Run(DataSets.Open(folder["a"]), folder[name]), Throws.TypeOf<UserInputException>()
            .With.Message.Contains(said));
    }

    // What a stranger's set may call its pictures.
    sealed class NamedSet(string[] names) : IDataSet
    {
        public string Name => "names";

        public IReadOnlyList<string> Splits => ["train"];

        public int Count(string split) => names.Length;

        public string Caption(string split, int index) => $"{index}";

        public string Source(string split, int index) => names[index];

        public string? FileName(string split, int index) => names[index];

        public byte[]? FileBytes(string split, int index) => Png((byte)index);

        public Dalle2.Data.Pictures.Image Load(string split, int index, int side) => new(side, side);
    }
}
