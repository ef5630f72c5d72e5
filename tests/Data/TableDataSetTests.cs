using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Data.Tables;
using static Dalle2.Tests.Data.DataSetContents;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class TableDataSetTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    void WritePictures(string below = "")
    {
        foreach (byte i in new byte[] { 1, 2, 3 })
            folder.Write($"{below}{i}.png", Png(i));
        folder.Write($"{below}vier/4.png", Png(4));
    }

    [Test]
    public void Tables_that_Python_wrote_are_read([Values("comma.csv", "semicolon.csv", "unix.csv", "tab.tsv", "lines.jsonl")] string name)
    {
        WritePictures();
        string fixture = Path.Combine(AppContext.BaseDirectory, "Data", "Fixtures", "Tables", name);
        var (good, bad) = All(DataSets.Open(folder.Write(name, File.ReadAllBytes(fixture))));
        Assert.That(bad, Is.Empty);
        Assert.That(good, Is.EquivalentTo(new[]
        {
            ("a disc, red", (byte)1), ("again", (byte)1), ("the \"square\"", (byte)2), ("two\nlines", (byte)3),
            ("ein Kreis; größer", (byte)4),
        }));
    }

    [Test]
    public void The_same_pictures_are_the_same_set_in_every_form()
    {
        var rows = new List<(string Picture, string Caption)>();
        for (byte i = 0; i < 40; i++)
        {
            string name = $"part{i % 3}/{i}";
            folder.Write($"set/{name}.png", Png(i));
            string[] captions = i % 5 == 0 ? [$"number {i}", $"{i} again"] : [$"number {i}"];
            folder.Write($"set/{name}.txt", string.Join('\n', captions));
            rows.AddRange(captions.Select(caption => ($"{name}.png", caption)));
        }

        string[] expected = Seen(DataSets.Open(folder["set"]));
        Assert.That(expected, Has.Some.StartsWith("held-out").And.Some.StartsWith("train"));
        // The order of the rows does not matter, but for captions of one picture.
        (string Picture, string Caption)[] backwards = [.. rows.GroupBy(row => row.Picture).Reverse().SelectMany(row => row)];
        string lines = string.Join('\n', backwards.Select(row => $$"""{"image": "{{row.Picture}}", "text": "{{row.Caption}}"}"""));
        string listed = string.Join('\n', backwards.GroupBy(row => row.Picture).Select(group =>
            $$"""{"image": "{{group.Key}}", "captions": [{{string.Join(", ", group.Select(row => $"\"{row.Caption}\""))}}]}"""));
        var forms = new[]
        {
            folder.Write("set/a.csv", "file_name,text\n" + string.Join('\n', backwards.Select(row => $"{row.Picture},{row.Caption}"))),
            folder.Write("set/a.tsv", "path\tprompt\r\n" + string.Join("\r\n", backwards.Select(row => $"{row.Picture}\t{row.Caption}"))),
            folder.Write("set/a.jsonl", lines), folder.Write("set/b.ndjson", listed),
            // Found in a folder of the file's name.
            folder.Write("set.csv", "Image;Caption\n" + string.Join('\n', backwards.Select(row => $"{row.Picture};{row.Caption}"))),
        };
        foreach (string form in forms)
            Assert.That(Seen(DataSets.Open(form)), Is.EqualTo(expected), form);
        File.Move(folder["set/a.jsonl"], folder["set/metadata.jsonl"]);
        Assert.That(DataSets.Open(folder["set"]), Is.TypeOf<TableDataSet>());
        Assert.That(Seen(DataSets.Open(folder["set"])), Is.EqualTo(expected));
    }

    [Test]
    public void Metadata_of_train_and_test_are_the_splits()
    {
        WritePictures("train/");
        WritePictures("test/");
        folder.Write("train/metadata.csv", "file_name,text\n1.png,one\nvier/4.png,four\n");
        folder.Write("test/metadata.jsonl", """{"file_name": "2.png", "text": "two"}""");
        IDataSet set = DataSets.Open(folder.Path);
        Assert.That(set.Splits, Is.EqualTo(new[] { "train", "test" }));
        Assert.That(set.Count("train"), Is.EqualTo(2));
        Assert.That(set.Key("train", 1), Is.EqualTo("train/vier/4.png"));
        Assert.That(set.Caption("test", 0), Is.EqualTo("two"));
        // Elsewhere, where that is said.
        folder.Write("elsewhere/1.png", Png(7));
        Assert.That(All(DataSets.Open(folder.Path, new DataSetOptions { ImagesFolder = folder["elsewhere"] })).Good,
            Is.EqualTo(new[] { ("one", (byte)7) }));
        folder.Write("test/metadata.csv", "file_name,text\n2.png,two\n");
        Assert.That(() => DataSets.Open(folder.Path), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("metadata.csv and metadata.jsonl"));
    }

    [Test]
    public void What_is_wrong_with_a_row_is_told_with_file_and_line()
    {
        WritePictures();
        string path = folder.Write("set.csv", """
            file_name,caption

            1.png,"a
            disc"
            2.png,red, round
            3.png
            gone.png,gone
            ,nothing
            2.png, ?
            https://example.org/a.png,far
            ../../a.png,outside
            "2.png,open
            3.png,lost
            """);
        var (good, bad) = All(new TableDataSet(path));
        Assert.That(good, Is.EqualTo(new[] { ("a\ndisc", (byte)1) }));
        Assert.That(bad["line 5"], Does.StartWith("line 5 of set.csv: it has 3 values where the first row names 2"));
        Assert.That(bad["3.png"], Is.EqualTo("line 6 of set.csv: it has no caption"));
        Assert.That(bad["gone.png"], Is.EqualTo("there is no such file"));
        Assert.That(bad[""], Is.EqualTo("line 8 of set.csv: its picture is empty"));
        Assert.That(bad["2.png"], Is.EqualTo("line 9 of set.csv: a caption of it has no words: '?'"));
        Assert.That(bad["https://example.org/a.png"], Does.Contain("line 10 of set.csv").And.Contain("download"));
        Assert.That(bad["../../a.png"], Does.Contain("line 11 of set.csv").And.Contain("--images"));
        Assert.That(bad, Has.Count.EqualTo(8));
        Assert.That(bad, Does.ContainKey("line 12"));
        Assert.That(bad["line 12"], Does.StartWith("line 12 of set.csv: a quotation mark of it is never closed"));
    }

    [Test]
    public void What_is_wrong_with_a_line_of_JSON_is_told_with_its_number()
    {
        WritePictures();
        string path = folder.Write("set.jsonl", """
            {"file_name": "1.png", "caption": "one"}
            [1]

            {"file_name": "2.png", "caption":
            {"file_name": 3, "caption": "three"}
            {"file_name": "3.png", "caption": 3}
            {"caption": "none"}
            {"file_name": "2.png", "caption": []}
            {"file_name": "3.png", "caption": "\uD800"}
            """);
        var (good, bad) = All(new TableDataSet(path));
        Assert.That(good, Is.EqualTo(new[] { ("one", (byte)1) }));
        Assert.That(bad["line 2"], Is.EqualTo("line 2 of set.jsonl: it is no JSON object"));
        Assert.That(bad["line 4"], Does.StartWith("line 4 of set.jsonl: it is no valid JSON: byte "));
        Assert.That(bad["line 5"], Is.EqualTo("line 5 of set.jsonl: it names no picture in 'file_name'"));
        Assert.That(bad["3.png"], Is.EqualTo("line 6 of set.jsonl: it has no caption"));
        Assert.That(bad["line 7"], Is.EqualTo("line 7 of set.jsonl: it names no picture in 'file_name'"));
        Assert.That(bad["2.png"], Is.EqualTo("line 8 of set.jsonl: it has no caption"));
        Assert.That(bad["line 9"], Is.EqualTo("line 9 of set.jsonl: it has half a character in a text"));
    }

    [Test]
    public void Quotation_marks_within_a_value_are_a_part_of_it()
    {
        WritePictures();
        string path = folder.Write("set.csv", "file_name,caption\n1.png,a 4\" disc\n2.png,a 5\" disc");
        Assert.That(All(new TableDataSet(path)).Good, Is.EqualTo(new[] { ("a 4\" disc", (byte)1), ("a 5\" disc", (byte)2) }));
    }

    [Test]
    public void Columns_are_chosen_by_name()
    {
        WritePictures();
        string path = folder.Write("set.csv", "a,b,Text\n1.png,one,1\n");
        Assert.That(() => new TableDataSet(path), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("a, b, Text").And.Message.Contains("--image-column"));
        Assert.That(() => new TableDataSet(path, new DataSetOptions { ImageColumn = "c" }), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("no column 'c'"));
        Assert.That(All(new TableDataSet(path, new DataSetOptions { ImageColumn = "A", CaptionColumn = "b" })).Good,
            Is.EqualTo(new[] { ("one", (byte)1) }));
        Assert.That(All(new TableDataSet(folder.Write("late.csv", "\n\npath;text\n1.png;one\n"))).Good,
            Is.EqualTo(new[] { ("one", (byte)1) }));
        Assert.That(All(new TableDataSet(path, new DataSetOptions { ImageColumn = "a" })).Good, Is.EqualTo(new[] { ("1", (byte)1) }));
        Assert.That(() => new TableDataSet(folder.Write("bare.csv", "1.png,one\n2.png,two\n")), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("must name the columns"));
    }

    [TestCase("", "is empty")]
    [TestCase("\n\n", "is empty")]
    [TestCase("file_name,caption\n", "has no rows")]
    [TestCase("file_name,caption\ngone.png,gone\n", "None of the 1 pictures")]
    [TestCase("file_name,caption\n1.png,\n", "has no captioned picture that can be used: line 2 of set.csv: a caption of it is empty")]
    [TestCase("\"file_name,caption\n1.png,one\n", "never closed")]
    public void A_table_without_a_sample_is_refused(string text, string said)
    {
        WritePictures();
        Assert.That(() => DataSets.Open(folder.Write("set.csv", text)), Throws.TypeOf<UserInputException>().With.Message.Contains(said));
    }
}
