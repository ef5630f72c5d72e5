using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dalle2.Data;
using Dalle2.Data.Emoji;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

/// <summary>The emoji set on four small packages made by hand.</summary>
[TestFixture]
public sealed class EmojiDataSetTests
{
    TemporaryFolder folder = null!;

    const string List = """
        [{"unified": "2B50", "image": "2b50.png", "added_in": "0.6", "category": "Nature", "has_img_google": true, "has_img_twitter": true},
         {"unified": "2764-FE0F", "image": "2764-fe0f.png", "added_in": "0.6", "category": "Smileys", "has_img_google": true, "has_img_twitter": false},
         {"unified": "1F31F", "image": "1f31f.png", "added_in": "0.7", "category": "Nature", "has_img_google": true, "has_img_twitter": true},
         {"unified": "1F44B", "image": "1f44b.png", "added_in": "1.0", "category": "People", "has_img_google": true, "has_img_twitter": true,
          "skin_variations": {"1F3FB": {"unified": "1F44B-1F3FB", "image": "1f44b-1f3fb.png", "added_in": "1.0", "has_img_google": true, "has_img_twitter": true}}}]
        """;

    [SetUp]
    public void WritePackages()
    {
        folder = new TemporaryFolder();
        foreach (var (vendor, blue) in new[] { ("google", 10), ("twitter", 20) })
        {
            WritePackage($"emoji-datasource-{vendor}-16.0.0.tgz", [("emoji.json", Encoding.UTF8.GetBytes(List)),
                ($"img/{vendor}/64/2b50.png", Picture(100, blue)), ($"img/{vendor}/64/2764-fe0f.png", Picture(200, blue)),
                // The same picture as 2b50, which is older, in google only.
                ($"img/{vendor}/64/1f31f.png", Picture(vendor == "google" ? 100 : 101, blue)),
                ($"img/{vendor}/64/1f44b.png", Picture(50, blue)), ($"img/{vendor}/64/1f44b-1f3fb.png", Picture(60, blue)),
                ($"img/{vendor}/32/2b50.png", [1, 2])]);
        }
        WritePackage("cldr-annotations-full-48.2.0.tgz",
            [("annotations/en/annotations.json", Names("annotations", ("⭐", "star"), ("❤", "red heart"), ("🌟", "glowing star"),
            ("👋", "waving hand"))),
             ("annotations/de/annotations.json", Names("annotations", ("⭐", "Stern"), ("👋", "winkende Hand")))]);
        WritePackage("cldr-annotations-derived-full-48.2.0.tgz",
            [("annotationsDerived/en/annotations.json", Names("annotationsDerived", ("👋🏻", "waving hand: light skin tone"))),
             ("annotationsDerived/de/annotations.json", Names("annotationsDerived", ("👋🏻", "winkende Hand: helle Hautfarbe")))]);
    }

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static byte[] Names(string root, params (string Text, string Name)[] names)
    {
        var entries = names.ToDictionary(n => n.Text, n => new { @default = new[] { "x" }, tts = new[] { n.Name } });
        return JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { [root] = new { annotations = entries } });
    }

    // Left half transparent, right half of one color.
    static byte[] Picture(int red, int blue)
    {
        var image = new Image(64, 64);
        for (int i = 0; i < 64 * 64; i++)
        {
            if (i % 64 >= 32)
                new byte[] { (byte)red, 0, (byte)blue, 255 }.CopyTo(image.Pixel(i % 64, i / 64));
        }
        return PictureEncoder.Png(image);
    }

    void WritePackage(string name, (string Path, byte[] Content)[] files)
    {
        using var target = new MemoryStream();
        using (var tar = new TarWriter(new GZipStream(target, CompressionLevel.Fastest), TarEntryFormat.Ustar))
        {
            foreach (var (path, content) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "package/" + path) { DataStream = new MemoryStream(content) });
        }
        folder.Write(name, target.ToArray());
    }

    EmojiDataSet Open(string locale = "en", bool from = true) =>
        new(new DataSetOptions { From = from ? folder.Path : null, DataFolder = folder["cache"], Locale = locale });

    static List<(string Caption, string Split, int Index)> All(EmojiDataSet set) =>
        [.. set.Splits.SelectMany(s => Enumerable.Range(0, set.Count(s)).Select(i => (set.Caption(s, i), s, i)))
        .OrderBy(s => s.Item1, StringComparer.Ordinal)];

    [Test]
    public void Names_styles_tones_and_repeats_are_as_the_card_says()
    {
        var set = Open();
        // Google's glowing star repeats the older star; twitter has no heart.
        Assert.That(All(set).Select(s => s.Caption), Is.EqualTo(new[]
        {
            "noto emoji of red heart", "noto emoji of star", "noto emoji of waving hand", "noto emoji of waving hand, light skin tone",
            "twemoji emoji of glowing star", "twemoji emoji of star", "twemoji emoji of waving hand",
            "twemoji emoji of waving hand, light skin tone",
        }));
        var (_, split, index) = All(set)[3];
        Assert.That(set.Item(split, index), Is.EqualTo(new EmojiItem("google", "1F44B", "1F3FB", "waving hand: light skin tone",
            "noto emoji of waving hand, light skin tone", "People", "1f44b-1f3fb.png", 1.0m)));
    }

    [Test]
    public void Pictures_are_composited_on_white_and_read_back_from_the_pack()
    {
        Open();
        File.Delete(folder["emoji-datasource-google-16.0.0.tgz"]);
        var set = Open(from: false);
        foreach (var (caption, split, index) in All(set))
        {
            int red = caption.EndsWith("tone", StringComparison.Ordinal) ? 60 : caption.Contains("hand", StringComparison.Ordinal) ? 50
                : caption.Contains("glowing", StringComparison.Ordinal) ? 101 : caption.Contains("heart", StringComparison.Ordinal)
                ? 200 : 100;
            byte[] color = [(byte)red, 0, caption.StartsWith("noto", StringComparison.Ordinal) ? (byte)10 : (byte)20, 255];
            var image = set.Load(split, index, 32);
            Assert.That(image.Pixel(15, 31).ToArray(), Is.EqualTo(new byte[] { 255, 255, 255, 255 }));
            Assert.That(image.Pixel(16, 0).ToArray(), Is.EqualTo(color), caption);
            Assert.That(set.Load(split, index, 64).Pixel(32, 63).ToArray(), Is.EqualTo(color));
        }
    }

    [Test]
    public void Other_languages_leave_out_what_they_do_not_name_and_unknown_ones_are_refused()
    {
        Assert.That(All(Open("de")).Select(s => s.Caption), Is.EqualTo(new[]
        {
            "noto emoji of stern", "noto emoji of winkende hand", "noto emoji of winkende hand, helle hautfarbe",
            "twemoji emoji of stern", "twemoji emoji of winkende hand", "twemoji emoji of winkende hand, helle hautfarbe",
        }));
        Assert.That(() => Open("xx"), Throws.TypeOf<UserInputException>().With.Message.Contains("'xx'").And.Message.Contains("de, en"));
        Assert.That(() => Open("../en"), Throws.TypeOf<UserInputException>().With.Message.Contains("no language code"));
    }

    [Test]
    public void Missing_damaged_and_incomplete_packages_are_named()
    {
        string path = folder["emoji-datasource-twitter-16.0.0.tgz"];
        var sound = File.ReadAllBytes(path);
        File.WriteAllBytes(path, sound[..(sound.Length / 2)]);
        Assert.That(() => Open(), Throws.TypeOf<UserInputException>().With.Message.Contains(path));
        File.WriteAllText(path, "no archive");
        Assert.That(() => Open(), Throws.TypeOf<UserInputException>().With.Message.Contains(path));
        WritePackage("emoji-datasource-twitter-16.0.0.tgz", [("emoji.json", Encoding.UTF8.GetBytes(List))]);
        Assert.That(() => Open(), Throws.TypeOf<UserInputException>().With.Message.Contains(
            "does not contain package/img/twitter/64/2b50.png"));
        WritePackage("emoji-datasource-twitter-16.0.0.tgz", [("emoji.json", Encoding.UTF8.GetBytes("[{}]"))]);
        Assert.That(() => Open(), Throws.TypeOf<UserInputException>().With.Message.Contains("emoji.json is not built as expected"));
        File.Delete(path);
        Assert.That(() => Open(), Throws.TypeOf<UserInputException>().With.Message.Contains(
            "emoji-datasource-twitter-16.0.0.tgz missing").And.Message.Contains("data get emoji"));
    }

    [Test]
    public void A_damaged_pack_is_built_anew()
    {
        Open();
        string pack = folder["cache/emoji-en.pack"];
        var sound = File.ReadAllBytes(pack);
        Directory.CreateDirectory(folder["cache/emoji"]);
        foreach (string tarball in Directory.GetFiles(folder.Path, "*.tgz"))
            File.Copy(tarball, Path.Combine(folder["cache/emoji"], Path.GetFileName(tarball)));
        foreach (var damaged in new[] { [], sound[..10], sound[..^1], [.. sound[..20], .. new byte[30], .. sound[50..]] })
        {
            File.WriteAllBytes(pack, damaged);
            Open(from: false);
            Assert.That(File.ReadAllBytes(pack), Is.EqualTo(sound));
        }
    }
}
