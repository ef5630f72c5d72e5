using System.Text;
using Dalle2.Data;
using Dalle2.Data.Sets;
using static Dalle2.Tests.Data.DataSetContents;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class CocoDataSetTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void Captions_go_with_their_pictures()
    {
        folder.Write("train2017/1.png", Png(11));
        folder.Write("train2017/2.png", Png(22));
        string path = folder.Write("captions_train2017.json", """
            {"info": {}, "images": [{"id": 2, "file_name": "2.png", "width": 4}, {"id": 1, "file_name": "1.png"}, {"id": 9, "file_name": "9.png"}, {"id": 5, "file_name": "5.png"}],
             "annotations": [{"id": 7, "image_id": 2, "caption": " Two. "}, {"image_id": 1, "caption": "One"}, {"image_id": 2, "caption": "Zwei"}, {"image_id": 9, "caption": "Gone"}]}
            """);
        var (good, bad) = All(DataSets.Open(path));
        Assert.That(good, Is.EquivalentTo(new[] { ("One", (byte)11), ("Two.", (byte)22), ("Zwei", (byte)22) }));
        Assert.That(bad, Is.EquivalentTo(new Dictionary<string,
            string>
        { ["9.png"] = "there is no such file", ["5.png"] = $"'{path}' has no caption for it" }));
        Assert.That(() => new CocoDataSet(path, new DataSetOptions { ImagesFolder = folder["none"] }), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("none"));
    }

    [TestCase("", "no valid JSON")]
    [TestCase("[1, 2]", "no list 'images'")]
    [TestCase("""{"images": 3}""", "no list 'images'")]
    [TestCase("""{"images": []}""", "no list 'annotations'")]
    [TestCase("""{"images": [], "annotations": []}""", "no captions")]
    [TestCase("""{"images": [{"file_name": "a"}], "annotations": []}""", "images[0] has no integer 'id'")]
    [TestCase("""{"images": [{"id": 1.5, "file_name": "a"}], "annotations": []}""", "images[0] has no integer 'id'")]
    [TestCase("""{"images": [{"id": 1}], "annotations": []}""", "images[0] has no text 'file_name'")]
    [TestCase("""{"images": [{"id": 1, "file_name": "../../a.png"}], "annotations": []}""", "no path below")]
    [TestCase("""{"images": [{"id": 1, "file_name": "/etc/passwd"}], "annotations": []}""", "no path below")]
    [TestCase("""{"images": [{"id": 1, "file_name": ""}], "annotations": []}""", "its file_name is empty")]
    [TestCase("""{"images": [{"id": 1, "file_name": "a\u0000.png"}], "annotations": []}""",
    @"its file_name 'a\u0000.png' contains a zero character")]
    [TestCase("""{"images": [{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}], "annotations": []}""",
    "images[1].id 1 is there twice")]
    [TestCase("""{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 2, "caption": "x"}]}""",
    "annotations[0].image_id 2")]
    [TestCase("""{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 1, "caption": 4}]}""",
    "annotations[0] has no text 'caption'")]
    [TestCase("""{"images": [{"id": 1, "file_name": "a"}], "annotations": [{"image_id": 1, "caption": "a \ud83d disc"}]}""",
    "annotations[0] has half a character")]
    [TestCase("""{"images": [{"id": 1, "file_name": "a\udc00"}], "annotations": []}""", "images[0] has half a character")]
    [TestCase("""{"images": [{"\ud83d": 1, "id": 1}], "annotations": []}""", "images[0] has no text 'file_name'")]
    [TestCase("""{"\udc00": [], "images": []}""", "no list 'annotations'")]
    public void Faults_of_a_file_say_where(string content, string says)
    {
        string path = folder.Write("c.json", content);
        Assert.That(() => new CocoDataSet(path), Throws.TypeOf<UserInputException>().With.Message.Contains(says)
            .And.Message.Contains(path));
    }

    [Test]
    public void A_fault_of_one_entry_costs_that_entry()
    {
        folder.Write("images/a.png", Png(7));
        string path = folder.Write("c.json", """
            {"images": [{"id": 1, "file_name": "a.png"}, {"id": 2}, {"id": 1, "file_name": "a.png"}, {"id": 3, "file_name": "/etc/hostname"}],
             "annotations": [{"image_id": 1, "caption": "a disc"}, {"image_id": 77, "caption": "orphan"}, {"image_id": 1, "caption": null}, {"image_id": 1, "caption": "  "},
             {"image_id": 1, "caption": "half \ud83d"}, {"image_id": 3, "caption": "a host"}, {"image_id": 1, "caption": "..."}]}
            """);
        var (good, bad) = All(new CocoDataSet(path));
        Assert.That(good, Is.EqualTo(new[] { ("a disc", (byte)7) }));
        Assert.That(bad, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["a.png [2]"] = "a caption of it is empty",
            ["a.png [3]"] = "a caption of it has no words: '...'",
            ["/etc/hostname"] =
                "its file_name '/etc/hostname' is no path below the folder of the pictures; where they lie elsewhere, say so with --images",
            ["images[1]"] = "images[1] has no text 'file_name'",
            ["annotations[1]"] = "annotations[1].image_id 77 is in no entry of images",
            ["annotations[2]"] = "annotations[2] has no text 'caption'",
            ["annotations[4]"] = "annotations[4] has half a character, or bytes that are not UTF-8, in 'caption'",
        }));
    }

    [Test]
    public void Bytes_that_are_no_text_cost_their_entry()
    {
        folder.Write("a.png", Png(7));
        byte[] json = Encoding.UTF8.GetBytes(
            """{"k#": 1, "images": [{"id": 1, "x#": 2, "file_name": "a.png"}], """
            + """ "annotations": [{"image_id": 1, "caption": "a disc"}, {"image_id": 1, "caption": "a # disc"}]}""");
        string path = folder.Write("c.json", [.. json.Select(b => b == '#' ? (byte)0xE9 : b)]);
        var (good, bad) = All(new CocoDataSet(path));
        Assert.That(good, Is.EqualTo(new[] { ("a disc", (byte)7) }));
        Assert.That(bad.Keys, Is.EqualTo(new[] { "annotations[1]" }));
    }

    [TestCase("1", "\"1\"")]
    [TestCase("\"1\"", "1.0")]
    [TestCase("\"x7\"", "\"x7\"")]
    [TestCase("9223372036854775808", "9223372036854775808")]
    public void Ids_are_read_as_programs_write_them(string image, string annotation)
    {
        folder.Write("a.png", Png(7));
        string path = folder.Write("c.json",
            $$"""{"images": [{"id": {{image}}, "file_name": "a.png"}], "annotations": [{"image_id": {{annotation}}, "caption": "a disc"}]}""");
        Assert.That(All(new CocoDataSet(path)).Good, Is.EqualTo(new[] { ("a disc", (byte)7) }));
    }

    [Test]
    public void Numbers_as_texts_keep_the_order_of_numbers()
    {
        string images = string.Join(',', new[] { 10, 9, 100 }.Select(i => $$"""{"id": "{{i}}", "file_name": "{{i}}.png"}"""));
        string annotations = string.Join(',', new[] { 10, 9, 100 }.Select(i => $$"""{"image_id": {{i}}, "caption": "number {{i}}"}"""));
        foreach (int i in new[] { 9, 10, 100 })
            folder.Write($"{i}.png", Png((byte)i));
        var set = new CocoDataSet(folder.Write("c.json", $$"""{"images": [{{images}}], "annotations": [{{annotations}}]}"""));
        Assert.That(All(set)
            .Good.Select(one => one.Gray),
            Is.EqualTo(set.Splits.SelectMany(split =>
            new byte[] { 9, 10, 100 }.Where(i => PictureSplits.IsHeldOut($"{i}.png") == (split == "held-out")))));
    }

    [Test]
    public void A_comma_too_many_is_told_with_its_place()
    {
        string path = folder.Write("c.json", "{\"images\": [],\n \"annotations\": [1,]}");
        Assert.That(() => new CocoDataSet(path), Throws.TypeOf<UserInputException>().With.Message.Contains("line 2, byte 20")
            .And.Message.Contains("trailing comma").And.Message.Not.Contains("reader").And.Message.Not.Contains("LineNumber"));
    }

    [Test]
    public void Two_bytes_a_letter_are_read()
    {
        folder.Write("a.png", Png(7));
        byte[] json = Encoding.Unicode.GetBytes(
            """{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 1, "caption": "cafe\u0301"}]}""");
        Assert.That(All(new CocoDataSet(folder.Write("c.json", [0xFF, 0xFE, .. json]))).Good, Is.EqualTo(new[] { ("caf\u00E9", (byte)7) }));
    }

    [Test]
    public void Names_may_be_absolute_or_climb_within_the_folders()
    {
        folder.Write("data/pictures/a.png", Png(1));
        folder.Write("data/pictures/caf\u00E9.png", Png(2));
        folder.Write("secret.png", Png(99));
        string[] names = [folder["data/pictures/a.png"], "pictures/../pictures/a.png", "pictures\\a.png", "pictures/cafe\u0301.png",
            "../../secret.png", folder["secret.png"]];
        string Picture(string name, int i) => $$"""{"id": {{i}}, "file_name": {{System.Text.Json.JsonSerializer.Serialize(name)}}}""";
        string Json() => $$"""
            {"images": [{{string.Join(',', names.Select(Picture))}}],
             "annotations": [{{string.Join(',', names.Select((_, i) => $$"""{"image_id": {{i}}, "caption": "caption {{i}}"}"""))}}]}
            """;
        var (good, bad) = All(new CocoDataSet(folder.Write("data/c.json", Json())));
        Assert.That(good, Is.EquivalentTo(
            new[] { ("caption 0", (byte)1), ("caption 1", (byte)1), ("caption 2", (byte)1), ("caption 3", (byte)2) }));
        Assert.That(bad.Keys, Is.EquivalentTo(names[4..]));
        Assert.That(bad.Values, Has.All.Contains("no path below the folder"));
    }

    [Test]
    public void The_wrong_folder_is_asked_about()
    {
        folder.Write("elsewhere/a.png", Png(7));
        Directory.CreateDirectory(folder["wrong"]);
        string path = folder.Write("c.json",
            """{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 1, "caption": "a disc"}]}""");
        foreach (string? images in new[] { null, folder["wrong"] })
        {
            Assert.That(() => new CocoDataSet(path, new DataSetOptions { ImagesFolder = images }), Throws.TypeOf<UserInputException>()
                .With.Message.Contains("is that the right folder?").And.Message.Contains("--images")
                    .And.Message.Not.Contains("--max-broken"));
        }
        Assert.That(All(new CocoDataSet(path, new DataSetOptions { ImagesFolder = folder["elsewhere"] })).Good, Has.Count.EqualTo(1));
    }

    [Test]
    public void Where_all_are_broken_nothing_advises_to_skip_all()
    {
        folder.Write("a.png", [1, 2, 3]);
        string path = folder.Write("c.json",
            """{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 1, "caption": "a disc"}]}""");
        var set = new CocoDataSet(path);
        string split = set.Splits.Single(s => set.Count(s) > 0);
        Assert.That(() => PreparedData.Load(set, split, 4), Throws.TypeOf<UserInputException>().With.Message.Contains("1 of 1")
            .And.Message.Not.Contains("--max-broken"));
    }
}
