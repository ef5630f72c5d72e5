using Dalle2.Data.Pictures;

namespace Dalle2.Tests.Data;

/// <summary>JPEG files of ImageMagick against the pixels that it reads from them.</summary>
[TestFixture]
public sealed class JpegTests
{
    static byte[] Fixture(string file) =>
        File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "Fixtures", file));

    // Where the colors have half the resolution, decoders interpolate them differently.
    [TestCase("color", 3)]
    [TestCase("progressive", 12)]
    [TestCase("gray", 3)]
    [TestCase("cmyk", 3)]
    public void Pixels_are_those_of_the_other_program(string name, int tolerance)
    {
        var image = PictureDecoder.Decode(Fixture(name + ".jpg"));
        var expected = Fixture(name + ".raw");
        Assert.That((image.Width, image.Height), Is.EqualTo((21, 13)));
        // Decoders may round the color conversion differently.
        Assert.That(image.Rgba.Zip(expected).Max(p => Math.Abs(p.First - p.Second)), Is.LessThanOrEqualTo(tolerance));
    }

    // With steps of quantization 16 times as large the coefficients of 8 bits are those of 12: 16 times the value, around 2048 instead of 128.
    [TestCase("gray")]
    [TestCase("color")]
    public void Samples_of_12_bits_are_scaled_to_8(string name)
    {
        var file = Fixture(name + ".jpg");
        foreach (var (marker, at) in Segments(file))
        {
            if (marker == QuantizationTable)
            {
                // Behind the length and the number of the table.
                for (int i = at + 3; i < at + 3 + 64; i++)
                    file[i] = checked((byte)(16 * file[i]));
            }
            else if (marker == Baseline)
            {
                (file[at - 1], file[at + 2]) = (ExtendedSequential, 12);
            }
        }
        var image = PictureDecoder.Decode(file);
        Assert.That(image.Rgba.Zip(Fixture(name + ".raw")).Max(p => Math.Abs(p.First - p.Second)), Is.LessThanOrEqualTo(3));
    }

    [TestCase(0xC3, "lossless")]
    [TestCase(0xC9, "arithmetic")]
    public void A_process_that_is_not_read_is_named(int process, string named)
    {
        var file = Fixture("color.jpg");
        file[Segments(file).Single(s => s.Marker == Baseline).At - 1] = (byte)process;
        Assert.That(() => PictureDecoder.Decode(file),
            Throws.TypeOf<ImageFormatException>().With.Message.Contains(named).And.Message.Contains("not read"));
    }

    const byte QuantizationTable = 0xDB, Baseline = 0xC0, ExtendedSequential = 0xC1, StartOfScan = 0xDA;

    // Markers up to the first scan, and where their lengths stand.
    static List<(byte Marker, int At)> Segments(byte[] file)
    {
        List<(byte, int)> segments = [];
        for (int at = 2; file[at + 1] != StartOfScan; at += 2 + ((file[at + 2] << 8) | file[at + 3]))
            segments.Add((file[at + 1], at + 2));
        return segments;
    }

    [Test]
    public void A_truncated_or_damaged_file_is_a_format_fault()
    {
        var file = Fixture("color.jpg");
        for (int length = 3; length < file.Length - 2; length++)
            Assert.That(() => PictureDecoder.Decode(file[..length]), Throws.TypeOf<ImageFormatException>(), $"cut to {length}");
    }

    [Test]
    public void The_camera_s_orientation_is_applied([Values(1, 3, 6, 8)] int orientation, [Values] bool little)
    {
        var file = Fixture("color.jpg");
        byte[] Short(int v) => little ? [(byte)v, 0] : [0, (byte)v];
        byte[] Long(int v) => little ? [(byte)v, 0, 0, 0] : [0, 0, 0, (byte)v];
        byte[] tiff = [.. little ? "II"u8 : "MM"u8, .. Short(42), .. Long(8), .. Short(1), .. Short(0x12), .. Short(3), .. Long(1),
            .. Short(orientation), 0, 0, .. Long(0)];
        // The tag is 0x0112.
        tiff[little ? 11 : 10] = 1;
        byte[] segment = [.. "Exif\0\0"u8, .. tiff];
        byte[] turned = [.. file[..2], 0xFF, 0xE1, 0, (byte)(segment.Length + 2), .. segment, .. file[2..]];
        var plain = PictureDecoder.Decode(file);
        var upright = PictureDecoder.Decode(turned);
        // Where the stored picture's top left corner must be seen: 1 top left, 3 bottom right, 6 top right, 8 bottom left.
        var (x, y) = orientation switch { 1 => (0, 0), 3 => (20, 12), 6 => (12, 0), _ => (0, 20) };
        // And its top right corner.
        var (u, v) = orientation switch { 1 => (20, 0), 3 => (0, 12), 6 => (12, 20), _ => (0, 0) };
        Assert.That((upright.Width, upright.Height), Is.EqualTo(orientation < 5 ? (21, 13) : (13, 21)));
        Assert.That(upright.Pixel(x, y).ToArray(), Is.EqualTo(plain.Pixel(0, 0).ToArray()));
        Assert.That(upright.Pixel(u, v).ToArray(), Is.EqualTo(plain.Pixel(20, 0).ToArray()));
    }

    // Behind fill bytes, as a number of 32 bits, after another APP1.
    [TestCase(new byte[] { 0xFF, 0xFF, 0xFF }, 3)]
    [TestCase(new byte[0], 4)]
    [TestCase(new byte[] { 0xFF, 0xE1, 0, 6, 1, 2, 3, 4 }, 3)]
    public void The_orientation_is_found_wherever_the_standard_allows_it(byte[] before, int type)
    {
        var file = Fixture("color.jpg");
        byte[] value = type == 4 ? [0, 0, 0, 6] : [0, 6, 0, 0];
        byte[] segment = [.. "Exif\0\0MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0"u8, (byte)type, 0, 0, 0, 1, .. value, 0, 0, 0, 0];
        byte[] turned = [.. file[..2], .. before, 0xFF, 0xE1, 0, (byte)(segment.Length + 2), .. segment, .. file[2..]];
        var upright = PictureDecoder.Decode(turned);
        Assert.That((upright.Width, upright.Height), Is.EqualTo((13, 21)));
        Assert.That(upright.Pixel(12, 0).ToArray(), Is.EqualTo(PictureDecoder.Decode(file).Pixel(0, 0).ToArray()));
    }
}
