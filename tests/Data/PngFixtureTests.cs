using System.Buffers.Binary;
using System.Text;
using Dalle2.Data.Pictures;

namespace Dalle2.Tests.Data;

/// <summary>Files that netpbm and ImageMagick wrote, against the pixels that ImageMagick reads from them.</summary>
[TestFixture]
public sealed class PngFixtureTests
{
    static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "Fixtures");

    // ImageSharp would never end on it.
    const string Narrow = "one-i";

    static IEnumerable<string> Read() => Names().Where(name => name != Narrow);

    static IEnumerable<string> Names() =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Data", "Fixtures"), "*.png")
        .Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal);

    [Test]
    public void Every_color_type_depth_interlace_and_transparency_is_there() => Assert.That(Names().Count(), Is.EqualTo(57));

    [Test]
    public void A_narrow_interlaced_picture_is_refused_with_the_reason() =>
        Assert.That(() => PictureDecoder.Decode(File.ReadAllBytes(Path.Combine(Folder, Narrow + ".png"))),
        Throws.TypeOf<ImageFormatException>().With.Message.Contains("interlaced and 1 pixels wide"));

    [TestCaseSource(nameof(Read))]
    public void Pixels_are_those_of_the_other_program(string name)
    {
        var image = PictureDecoder.Decode(File.ReadAllBytes(Path.Combine(Folder, name + ".png")));
        var expected = File.ReadAllBytes(Path.Combine(Folder, name + ".raw"));
        Assert.That(4 * image.Width * image.Height, Is.EqualTo(expected.Length));
        Assert.That(image.Rgba, Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Read))]
    public void Encoding_and_decoding_keeps_each_pixel(string name)
    {
        var image = PictureDecoder.Decode(File.ReadAllBytes(Path.Combine(Folder, name + ".png")));
        var again = PictureDecoder.Decode(PictureEncoder.Png(image));
        Assert.That((again.Width, again.Height), Is.EqualTo((image.Width, image.Height)));
        Assert.That(again.Rgba, Is.EqualTo(image.Rgba));
    }

    [TestCase("palette4-trns-i")]
    [TestCase("rgba8")]
    public void Each_truncation_and_each_damaged_byte_is_a_format_fault_or_harmless(string name)
    {
        var file = File.ReadAllBytes(Path.Combine(Folder, name + ".png"));
        for (int length = 0; length < file.Length; length++)
            Assert.That(() => PictureDecoder.Decode(file[..length]), Throws.TypeOf<ImageFormatException>(), $"cut to {length}");
        foreach (byte flip in new byte[] { 1, 0x20, 0x80, 0xFF })
        {
            for (int i = 0; i < file.Length; i++)
            {
                var damaged = (byte[])file.Clone();
                damaged[i] ^= flip;
                // The CRC covers type and content, the signature is fixed, and a changed length misplaces the CRC: nothing slips through.
                Assert.That(() => PictureDecoder.Decode(damaged), Throws.TypeOf<ImageFormatException>(), $"byte {i} xor {flip}");
            }
        }
    }

    [TestCase("palette2-trns-i")]
    [TestCase("rgb8-trns")]
    [TestCase("grayalpha8-i")]
    public void Damage_under_a_right_CRC_is_a_format_fault_or_another_picture(string name)
    {
        var file = File.ReadAllBytes(Path.Combine(Folder, name + ".png"));
        var chunks = new List<(string Type, byte[] Data)>();
        for (int at = 8; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            chunks.Add((Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }
        int refused = 0, decoded = 0;
        foreach (var (_, data) in chunks)
        {
            for (int i = 0; i < data.Length; i++)
            {
                foreach (byte flip in new byte[] { 1, 2, 0x10, 0x80, 0xFF })
                {
                    data[i] ^= flip;
                    var builder = new PngBuilder();
                    chunks.ForEach(c => builder.Chunk(c.Type, c.Data));
                    try
                    {
                        PictureDecoder.Decode(builder.WithoutEnd());
                        decoded++;
                    }
                    catch (ImageFormatException e)
                    {
                        Assert.That(e.Message, Is.Not.Empty);
                        refused++;
                    }
                    data[i] ^= flip;
                }
            }
        }
        // Each damage of the compressed pixels must be refused, by their checksum if by nothing else; that of a palette or text cannot be seen.
        int pixels = chunks.Where(c => c.Type is "IDAT" or "IHDR").Sum(c => c.Data.Length);
        Assert.That(refused, Is.GreaterThan(4 * pixels));
        Assert.That(decoded, name.StartsWith("gray", StringComparison.Ordinal) ? Is.LessThan(pixels) : Is.Positive);
    }
}
