using Dalle2.Data;
using Dalle2.Data.ParquetFiles;
using Dalle2.Data.Sets;
using static Dalle2.Tests.Data.DataSetContents;

namespace Dalle2.Tests.Data;

/// <summary>Files that DuckDB and Apache Arrow wrote (Fixtures/Parquet/make.cs): 40 pictures of one gray, each fifth with a second caption.</summary>
[TestFixture]
public sealed class ParquetDataSetTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "Fixtures", "Parquet", name + ".parquet");

    static byte[] Pgm(byte gray) => [.. "P5 4 4 255\n"u8, .. Enumerable.Repeat(gray, 16)];

    static IEnumerable<(string Name, byte Gray, string[] Captions)> Pictures() => Enumerable.Range(0, 40)
        .Select(i => ($"part{i % 3}/{i}.pgm", (byte)(i + 100), i % 5 == 0 ? new[] { $"number {i}", $"{i} again" } : [$"number {i}"]));

    string[] SeenInFolder(string name)
    {
        foreach (var (picture, gray, captions) in Pictures())
        {
            folder.Write($"{name}/{picture}", Pgm(gray));
            folder.Write($"{name}/{Path.ChangeExtension(picture, ".txt")}", string.Join('\n', captions));
        }

        return Seen(DataSets.Open(folder[name]));
    }

    [TestCase("duckdb-uncompressed"), TestCase("duckdb-snappy"), TestCase("duckdb-zstd"), TestCase("duckdb-gzip"),
     TestCase("duckdb-brotli"), TestCase("duckdb-lz4_raw"), TestCase("duckdb-lists"), TestCase("arrow-snappy"),
     TestCase("arrow-gzip"), TestCase("arrow-zstd-pages"), TestCase("arrow-version-two"), TestCase("arrow-plain"),
     TestCase("arrow-delta"), TestCase("arrow-delta-length")]
    public void The_same_pictures_as_in_a_folder_are_the_same_set(string fixture)
    {
        string[] expected = SeenInFolder("set");
        Assert.That(expected, Has.Length.EqualTo(48).And.Some.StartsWith("held-out").And.Some.StartsWith("train"));
        IDataSet set = DataSets.Open(Fixture(fixture));
        Assert.That(set, Is.TypeOf<ParquetDataSet>());
        Assert.That(Seen(set), Is.EqualTo(expected));
        Assert.That(set.Notices, Is.Empty);
        Assert.That(set.Size("train", 0), Is.EqualTo((4, 4)));
    }

    [Test]
    public void Paths_lead_to_pictures_beside_the_file_or_elsewhere()
    {
        string[] expected = SeenInFolder("set");
        byte[] file = File.ReadAllBytes(Fixture("duckdb-paths"));
        Assert.That(Seen(DataSets.Open(folder.Write("set/a.parquet", file))), Is.EqualTo(expected));
        Assert.That(Seen(DataSets.Open(folder.Write("set.parquet", file))), Is.EqualTo(expected));
        string other = folder.Write("other.parquet", file);
        Assert.That(() => DataSets.Open(other), Throws.TypeOf<UserInputException>().With.Message.Contains("--images"));
        Assert.That(Seen(DataSets.Open(other, new DataSetOptions { ImagesFolder = folder["set"] })), Is.EqualTo(expected));
        // Beside pictures, as metadata.csv is, the folder's name will do.
        folder.Write("set/metadata.parquet", file);
        File.Delete(folder["set/a.parquet"]);
        Assert.That(Seen(DataSets.Open(folder["set"])), Is.EqualTo(expected));
    }

    [Test]
    public void Pictures_without_a_path_are_named_by_file_and_row()
    {
        IDataSet set = DataSets.Open(Fixture("duckdb-binary"));
        var (good, bad) = All(set);
        Assert.That(bad, Is.Empty);
        Assert.That(good, Is.EquivalentTo(Enumerable.Range(0, 40).Select(i => ($"number {i}", (byte)(i + 100)))));
        string[] keys = [.. set.Splits.SelectMany(split => Enumerable.Range(0, set.Count(split)).Select(i => set.Key(split, i))).Order()];
        Assert.That(keys, Is.EqualTo(Enumerable.Range(1, 40).Select(row => $"duckdb-binary/{row:D8}")));
        Assert.That(set.Source("train", 0), Does.EndWith("duckdb-binary.parquet: row 1"));
    }

    [Test]
    public void Names_of_files_tell_the_splits([Values("", "data/")] string below)
    {
        byte[] half = File.ReadAllBytes(Fixture("duckdb-binary")), file = File.ReadAllBytes(Fixture("duckdb-snappy"));
        folder.Write($"{below}train-00000-of-00002.parquet", half);
        folder.Write($"{below}train-00001-of-00002.parquet", file);
        // One split is none: a tenth is held out.
        Assert.That(DataSets.Open(folder.Path).Splits, Is.EqualTo(new[] { "train", "held-out" }));
        folder.Write($"{below}validation-00000-of-00001.parquet", half);
        IDataSet set = DataSets.Open(folder.Path);
        Assert.That((set.Count("train"), set.Count("test")), Is.EqualTo((88, 40)));
        Assert.That(set.Notices, Is.EqualTo(new[] { "there are no files of a split test: those of validation are held out as test" }));
        folder.Write($"{below}test.parquet", file);
        set = DataSets.Open(folder.Path);
        Assert.That((set.Count("train"), set.Count("test")), Is.EqualTo((88, 48)));
        Assert.That(set.Key("test", 0), Is.EqualTo("test/part0/0.pgm"));
        Assert.That(set.Key("test", 1), Is.EqualTo("test/part0/0.pgm [2]"));
        Assert.That(set.Notices.Single(), Does.StartWith("files of neither train nor test were left out: ")
            .And.EndsWith("validation-00000-of-00001.parquet"));
        Assert.That(All(set).Bad, Is.Empty);
    }

    [Test]
    public void Folders_of_the_splits_are_those_of_pictures()
    {
        folder.Write("train/metadata.parquet", File.ReadAllBytes(Fixture("duckdb-paths")));
        folder.Write("test/0000.parquet", File.ReadAllBytes(Fixture("duckdb-lists")));
        foreach (var (picture, gray, captions) in Pictures())
        {
            folder.Write($"train/{picture}", Pgm(gray));
            foreach (string split in new[] { "train", "test" })
            {
                folder.Write($"plain/{split}/{picture}", Pgm(gray));
                folder.Write($"plain/{split}/{Path.ChangeExtension(picture, ".txt")}", string.Join('\n', captions));
            }
        }

        Assert.That(Seen(DataSets.Open(folder.Path)), Is.EqualTo(Seen(DataSets.Open(folder["plain"]))));
    }

    [Test]
    public void What_is_wrong_with_a_row_is_told_with_file_and_row()
    {
        string path = folder.Write("set/nulls.parquet", File.ReadAllBytes(Fixture("nulls")));
        folder.Write("set/two.pgm", Pgm(102));
        var (good, bad) = All(DataSets.Open(path));
        // Row 3 only names its picture, row 6 does not name it.
        Assert.That(good, Is.EquivalentTo(new[]
        {
            ("number 0", (byte)100), ("number 2", (byte)102), ("number 5", (byte)105), ("number 9", (byte)109),
        }));
        Assert.That(bad["row 2"], Is.EqualTo("row 2 of nulls.parquet: it names no picture in 'image'"));
        Assert.That(bad["row 4"], Is.EqualTo("row 4 of nulls.parquet: it names no picture in 'image'"));
        Assert.That(bad["four.pgm"], Does.Contain("no picture that is read here"));
        Assert.That(bad["part0/6.pgm"], Is.EqualTo("row 7 of nulls.parquet: it has no caption"));
        Assert.That(bad["part1/7.pgm"], Is.EqualTo("row 8 of nulls.parquet: a caption of it is empty"));
        Assert.That(bad["part2/8.pgm"], Is.EqualTo("row 9 of nulls.parquet: a caption of it has no words: '?!'"));
        Assert.That(bad, Has.Count.EqualTo(6));
    }

    [TestCase("no-rows", "has no captioned picture that can be used: it has no rows")]
    [TestCase("wrong-picture", "no pictures in its column 'image', which is Int64")]
    [TestCase("wrong-struct", "no pictures in its column 'image', which is a struct of width")]
    [TestCase("wrong-caption", "no captions in its column 'text', which is Int64")]
    [TestCase("other-names", "it has content, legend")]
    [TestCase("encrypted", "is encrypted")]
    [TestCase("encrypted-columns", "is encrypted")]
    public void Files_that_cannot_be_used_are_refused(string fixture, string said) =>
        Assert.That(() => DataSets.Open(Fixture(fixture)), Throws.TypeOf<UserInputException>()
            .With.Message.Contains(fixture).And.Message.Contains(said));

    [Test]
    public void Columns_are_chosen_by_name()
    {
        var options = new DataSetOptions { ImageColumn = "content", CaptionColumn = "legend" };
        var (good, bad) = All(DataSets.Open(Fixture("other-names"), options));
        Assert.That(bad, Is.Empty);
        Assert.That(good, Is.EquivalentTo(Enumerable.Range(0, 40).Select(i => ($"number {i}", (byte)(i + 100)))));
        Assert.That(() => DataSets.Open(Fixture("other-names"), new DataSetOptions { ImageColumn = "picture" }),
            Throws.TypeOf<UserInputException>().With.Message.Contains("no column 'picture'"));
    }

    [Test]
    public void A_file_that_is_cut_off_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Fixture("arrow-snappy"));
        for (int length = 0; length < whole.Length; length += 61)
        {
            string path = folder.Write("set.parquet", whole[..length]);
            Assert.That(() => DataSets.Open(path), Throws.TypeOf<UserInputException>()
                .With.Message.Contains(length < 12 ? "no Parquet file" : "cut off"));
        }

        // The end of another file: its footer tells of pages that are not there.
        string odd = folder.Write("set.parquet", [.. whole[..4], .. whole[^1600..]]);
        Assert.That(() => DataSets.Open(odd), Throws.TypeOf<UserInputException>().With.Message.Contains("set.parquet"));
        Assert.That(() => DataSets.Open(folder.Write("text.parquet", "a text that is longer than twelve bytes")),
            Throws.TypeOf<UserInputException>().With.Message.Contains("does not begin with PAR1"));
    }

    [Test]
    public void Damage_costs_a_row_group_or_is_told(
        [Values("arrow-snappy", "arrow-gzip", "duckdb-zstd", "duckdb-uncompressed")] string fixture)
    {
        byte[] whole = File.ReadAllBytes(Fixture(fixture));
        for (int at = 4; at < whole.Length; at += whole.Length / 40)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0xFF;
            try
            {
                var set = new ParquetDataSet(folder.Write("set.parquet", damaged));
                foreach (string split in set.Splits)
                {
                    for (int i = 0; i < set.Count(split); i++)
                        Assert.That(set.Source(split, i), Does.Contain("set.parquet"));
                }

                All(set);
            }
            catch (UserInputException e)
            {
                Assert.That(e.Message, Does.Contain("set.parquet"));
            }
        }
    }

    [Test]
    public void A_row_group_is_read_once_where_the_pictures_are_in_order()
    {
        var cache = new RowGroupCache(40_000);
        var set = new ParquetDataSet(Fixture("duckdb-groups"), null, cache);
        Assert.That(cache.Reads, Is.Zero);
        foreach (string split in set.Splits)
        {
            for (int i = 0; i < set.Count(split); i += 9)
            {
                int number = int.Parse(set.Key(split, i)[..4], System.Globalization.CultureInfo.InvariantCulture);
                Assert.That(set.Load(split, i, 1).Rgba[0], Is.EqualTo(100 + number % 40));
                Assert.That(set.Caption(split, i), Is.EqualTo($"{number} number {number % 40}"));
            }
        }

        Assert.That(set.Count("train") + set.Count("held-out"), Is.EqualTo(5000));
        Assert.That(cache.Reads, Is.EqualTo(6));
    }

    [Test]
    public void Threads_may_read_at_once()
    {
        // It holds one row group only.
        var set = new ParquetDataSet(Fixture("arrow-snappy"), null, new RowGroupCache(1));
        int count = set.Count("train");
        var grays = new int[count];
        Parallel.For(0, 4 * count, new ParallelOptions { MaxDegreeOfParallelism = 4 },
            i => grays[i % count] = set.Load("train", i % count, 1).Rgba[0]);
        Assert.That(grays, Is.EqualTo(Enumerable.Range(0, count).Select(i => Gray(set.Key("train", i)))));

        static int Gray(string key) =>
            100 + int.Parse(Path.GetFileNameWithoutExtension(key.Split(' ')[0]), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Test]
    public void Another_order_and_large_groups_are_told()
    {
        // In seven row groups by number, and by name in three parts.
        var set = new ParquetDataSet(Fixture("arrow-snappy"), null, new RowGroupCache(1));
        Assert.That(set.Notices.Single(), Does.Contain("another order"));
        Assert.That(new ParquetDataSet(Fixture("arrow-snappy")).Notices, Is.Empty);
        Assert.That(() => new ParquetDataSet(Fixture("arrow-snappy"), null, new RowGroupCache(1), groupBytes: 100),
            Throws.TypeOf<UserInputException>().With.Message.Contains("row group 1").And.Message.Contains("row_group_size"));
    }
}
