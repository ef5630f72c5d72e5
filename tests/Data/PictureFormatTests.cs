using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Perf;

namespace Dalle2.Tests.Data;

/// <summary>Files of every format that Pillow, netpbm and cwebp wrote, against the pixels that Pillow reads from them.</summary>
[TestFixture]
public sealed class PictureFormatTests
{
    static string Folder => Path.Combine(AppContext.BaseDirectory, "Data", "Fixtures", "Formats");

    // NAME.EXT.raw are the pixels of NAME.EXT.
    static IEnumerable<string> Names() =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Data", "Fixtures", "Formats"), "*.raw")
        .Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    [Test]
    public void Every_format_is_there() =>
        Assert.That(Names().Select(Path.GetExtension).Distinct(),
        Is.EquivalentTo(new[] { ".bmp", ".gif", ".pbm", ".pgm", ".png", ".ppm", ".tga", ".tif", ".webp" }));

    [TestCaseSource(nameof(Names))]
    public void Pixels_are_those_of_the_other_program(string name)
    {
        byte[] expected = File.ReadAllBytes(Path.Combine(Folder, name + ".raw"));
        // Lossy formats and palettes of 16 bits may be rounded differently.
        int tolerance = name is "jpeg.tif" or "lossy.webp" ? 3 : name == "palette.tif" ? 1 : 0;
        Image image = PictureDecoder.Decode(Path.Combine(Folder, name));
        Assert.That((image.Width, image.Height), Is.EqualTo(name.StartsWith("turned", StringComparison.Ordinal) ? (9, 13) : (13, 9)));
        // What is wholly transparent has no color that anybody sees.
        var truth = new Image(image.Width, image.Height);
        expected.CopyTo(truth.Rgba, 0);
        byte[] seen = ImageTransform.Composite(image).Rgba, wanted = ImageTransform.Composite(truth).Rgba;
        Assert.That(seen.Zip(wanted).Max(p => Math.Abs(p.First - p.Second)), Is.LessThanOrEqualTo(tolerance));
        Assert.That(image.Rgba.Where((_, i) => i % 4 == 3), Is.EqualTo(expected.Where((_, i) => i % 4 == 3)));
    }

    [Test]
    public void A_bomb_is_refused_by_name_before_a_pixel_is_allocated()
    {
        using var folder = new TemporaryFolder();
        byte[] rows = new byte[16384 / 8 + 1];
        using var deflated = new MemoryStream();
        using (var stream = new System.IO.Compression.ZLibStream(deflated, System.IO.Compression.CompressionLevel.Fastest))
        {
            for (int y = 0; y < 16384; y++)
                stream.Write(rows);
        }
        string path = folder.Write("bomb.png", new PngBuilder().Header(16384, 16384, 1, 0).Chunk("IDAT", deflated.ToArray()).End());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => PictureDecoder.Decode(path),
            Throws.TypeOf<BrokenSampleException>().With.Message.Contains(path).And.Message.Contains("16384 x 16384").And.Message.Contains(
            "--max-pixels"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4 << 20));
    }

    [Test]
    public void The_limit_counts_pixels_of_every_format()
    {
        foreach (string name in Names())
        {
            byte[] file = File.ReadAllBytes(Path.Combine(Folder, name));
            Assert.That(() => PictureDecoder.Decode(file, 13 * 9 - 1),
                Throws.TypeOf<ImageFormatException>().With.Message.Contains("--max-pixels"), name);
            Assert.That(() => PictureDecoder.Decode(file, 13 * 9), Throws.Nothing, name);
        }
    }

    [TestCase("png")]
    [TestCase("png", true)]
    [TestCase("gif")]
    [TestCase("webp")]
    [TestCase("bmp")]
    [TestCase("tif")]
    [TestCase("tga")]
    [TestCase("p?m")]
    [TestCase("jpg")]
    public void Damaged_files_are_decoded_or_refused(string ending, bool inside = false)
    {
        string folder = ending == "jpg" || inside ? Path.GetDirectoryName(Folder)! : Folder;
        var mutations = new PictureMutations([.. Directory.GetFiles(folder, "*." + ending).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)], seed: 7, inside);
        int decoded = 0, refused = 0;
        for (int i = 0; i < 400; i++)
        {
            try
            {
                PictureDecoder.Decode(mutations.Next(), 1 << 20);
                decoded++;
            }
            catch (ImageFormatException)
            {
                refused++;
            }
        }
        Assert.That(decoded, Is.Positive);
        Assert.That(refused, Is.Positive);
    }

    [Test]
    public void CMYK_in_TIFF_is_refused_as_not_read()
    {
        // One pixel; each entry is tag, type (3: 16 bits), count, value.
        byte[] Entry(byte low, byte high, byte value) => [low, high, 3, 0, 1, 0, 0, 0, value, 0, 0, 0];
        const byte directory = 20, pixels = 8, depths = 12;
        byte[] file =
        [
            .. "II*\0"u8, directory, 0, 0, 0, 10, 20, 30, 40, 8, 0, 8, 0, 8, 0, 8, 0,
            9, 0, .. Entry(0, 1, 1), .. Entry(1, 1, 1), 2, 1, 3, 0, 4, 0, 0, 0, depths, 0, 0, 0, .. Entry(3, 1, 1), .. Entry(6, 1, 5),
            .. Entry(0x11, 1, pixels), .. Entry(0x15, 1, 4), .. Entry(0x16, 1, 1), .. Entry(0x17, 1, 4), 0, 0, 0, 0,
        ];
        Assert.That(() => PictureDecoder.Decode(file), Throws.TypeOf<ImageFormatException>().With.Message.Contains("not read"));
    }

    [TestCase("a.jfif")]
    [TestCase("a.jpe")]
    [TestCase("a.APNG")]
    [TestCase("a.heic")]
    public void Usual_endings_are_known(string name) => Assert.That(PictureFormats.IsPictureName(name));

    // A number in text that is cut short is another number, which nobody can know.
    static IEnumerable<string> Binary() => Names().Where(name => !name.StartsWith("text.", StringComparison.Ordinal));

    [TestCaseSource(nameof(Binary))]
    public void A_file_cut_off_is_refused_or_whole(string name)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Folder, name));
        byte[] whole = PictureDecoder.Decode(file).Rgba;
        for (int length = 0; length < file.Length; length++)
        {
            try
            {
                // What is cut may be behind the first picture, or behind all pixels.
                Assert.That(PictureDecoder.Decode(file[..length]).Rgba, Is.EqualTo(whole), $"cut to {length}");
            }
            catch (ImageFormatException fault)
            {
                Assert.That(fault.Message, Is.Not.Empty);
            }
        }
        Assert.That(() => PictureDecoder.Decode(file[..(file.Length / 4)]), Throws.TypeOf<ImageFormatException>());
    }
}
