using Dalle2.Data.Pictures;

namespace Dalle2.Tests.Data;

/// <summary>Files that contradict themselves although every CRC is right, and what the message names.</summary>
[TestFixture]
public sealed class PngFaultTests
{
    static PngBuilder Gray(uint width = 1, uint height = 1) => new PngBuilder().Header(width, height, 8, 0);

    static IEnumerable<TestCaseData> Faults()
    {
        static TestCaseData Case(string name, byte[] file, string says) => new TestCaseData(file, says).SetArgDisplayNames(name);
        yield return Case("empty", [], "empty");
        yield return Case("text", "hello, world"u8.ToArray(), "no picture");
        yield return Case("no header", new PngBuilder().Pixels(0, 0).End(), "IHDR");
        yield return Case("zero width", new PngBuilder().Header(0, 5, 8, 0).Pixels(0).End(), "0 x 5");
        yield return Case("huge", new PngBuilder().Header(100_000, 100_000, 8, 0).Pixels(0).End(), "limit");
        yield return Case("huge negative", new PngBuilder().Header(0xFFFFFFFF, 0xFFFFFFFF, 8, 0).Pixels(0).End(), "limit");
        yield return Case("claims far more than is there", new PngBuilder().Header(8_000, 8_000, 16, 6).Pixels(0).End(), "too little");
        yield return Case("one long row", new PngBuilder().Header(268_435_456, 1, 16, 6).Pixels(0).End(), "268435456 x 1");
        yield return Case("color type 5", new PngBuilder().Header(1, 1, 8, 5).Pixels(0, 0).End(), "color type 5");
        yield return Case("RGB with 4 bits", new PngBuilder().Header(1, 1, 4, 2).Pixels(0, 0).End(), "4 bits");
        yield return Case("depth 3", new PngBuilder().Header(1, 1, 3, 0).Pixels(0, 0).End(), "3 bits");
        yield return Case("compression 1", new PngBuilder().Header(1, 1, 8, 0, compression: 1).Pixels(0, 0).End(), "compression method 1");
        yield return Case("filter method 2", new PngBuilder().Header(1, 1, 8, 0, filter: 2).Pixels(0, 0).End(), "filter method 2");
        yield return Case("interlace 2", new PngBuilder().Header(1, 1, 8, 0, interlace: 2).Pixels(0, 0).End(), "interlace method 2");
        yield return Case("no IDAT", Gray().End(), "no IDAT");
        yield return Case("no IEND", Gray().Pixels(0, 7).WithoutEnd(), "IEND");
        yield return Case("no PLTE", new PngBuilder().Header(1, 1, 8, 3).Pixels(0, 0).End(), "PLTE");
        yield return Case("PLTE of 4 bytes", new PngBuilder().Header(1, 1, 8, 3).Chunk("PLTE", 1, 2, 3, 4).Pixels(0, 0).End(),
            "PLTE has 4 bytes");
        yield return Case("PLTE too long for its depth", new PngBuilder().Header(1, 1, 1, 3).Chunk("PLTE", new byte[9]).Pixels(0, 0).End(),
            "PLTE");
        yield return Case("PLTE after IDAT", new PngBuilder().Header(1, 1, 8, 3).Pixels(0, 0).Chunk("PLTE", 1, 2, 3).End(), "PLTE");
        yield return Case("second PLTE", new PngBuilder().Header(1, 1, 8, 3).Chunk("PLTE", 1, 2, 3).Chunk("PLTE", 4, 5, 6).Pixels(0, 0)
            .End(), "PLTE stands in the wrong place or is there twice");
        yield return Case("tRNS of 1 byte in gray", Gray().Chunk("tRNS", 1).Pixels(0, 0).End(), "tRNS has 1 bytes");
        yield return Case("too few rows", Gray(2, 2).Pixels(0, 1, 2).End(), "too little pixel data: 6 bytes are needed");
        yield return Case("too many rows", Gray().Pixels(0, 1, 0, 1).End(), "too much");
        yield return Case("filter 5", Gray().Pixels(5, 1).End(), "filter 5");
        yield return Case("not zlib", Gray().Chunk("IDAT", 1, 2, 3, 4, 5, 6).End(), "damaged");
        yield return Case("empty IDAT", Gray().Chunk("IDAT").End(), "too little");
        yield return Case("IDAT interrupted", Gray().Chunk("IDAT").Chunk("tEXt", 65, 0).Pixels(0, 7).End(), "not consecutive");
        yield return Case("second header", Gray().Header(1, 1, 8, 0).Pixels(0, 7).End(), "IHDR is unknown or there twice");
        yield return Case("unknown critical chunk", Gray().Chunk("ABCD", 1).Pixels(0, 7).End(), "ABCD");
        yield return Case("chunk type no letters", Gray().Chunk("a1b2", 1).Pixels(0, 7).End(), "letters");
    }

    [TestCaseSource(nameof(Faults))]
    public void The_message_says_what_is_wrong(byte[] file, string says) =>
        Assert.That(() => PictureDecoder.Decode(file), Throws.TypeOf<ImageFormatException>().With.Message.Contains(says));

    [Test]
    public void A_wrong_checksum_of_the_pixels_is_found()
    {
        var deflated = PngBuilder.Deflate([0, 7]);
        deflated[^1] ^= 1;
        Assert.That(() => PictureDecoder.Decode(Gray().Chunk("IDAT", deflated).End()), Throws.TypeOf<ImageFormatException>());
    }

    [Test]
    public void Split_IDAT_unknown_ancillary_chunks_and_bytes_behind_the_end_do_no_harm()
    {
        var deflated = PngBuilder.Deflate([0, 7]);
        byte[] file = [.. Gray().Chunk("abCd", 9).Chunk("IDAT", deflated[..3]).Chunk("IDAT").Chunk("IDAT", deflated[3..]).End(), 1, 2, 3];
        Assert.That(PictureDecoder.Decode(file).Rgba, Is.EqualTo(new byte[] { 7, 7, 7, 255 }));
    }

    [Test]
    public void The_orientation_of_a_PNG_is_applied([Values(3, 4)] byte type)
    {
        // Big-endian, as a number of 16 or of 32 bits: 6, stored turned to the left.
        byte[] exif = [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, type, 0, 0, 0, 1, 0, (byte)(type == 3 ? 6 : 0), 0,
            (byte)(type == 3 ? 0 : 6), 0, 0, 0, 0];
        var image = PictureDecoder.Decode(Gray(2, 1).Chunk("eXIf", exif).Pixels(0, 10, 20).End());
        Assert.That((image.Width, image.Height), Is.EqualTo((1, 2)));
        Assert.That((image.Pixel(0, 0)[0], image.Pixel(0, 1)[0]), Is.EqualTo(((byte)10, (byte)20)));
    }

    [Test]
    public void Text_is_kept_in_order_whatever_its_script()
    {
        KeyValuePair<string, string>[] text =
            [new("prompt", "a small red star"), new("Title", "café\nau lait"), new("prompt", "ein Stern ★ 星"), new("empty", "")];
        var image = new Image(3, 2);
        var file = PictureEncoder.Png(image, text);
        Assert.That(PngText.Read(file), Is.EqualTo(text));
        Assert.That(PictureDecoder.Decode(file).Rgba, Is.EqualTo(image.Rgba));
    }

    [Test]
    public void Compressed_texts_of_other_programs_are_read()
    {
        byte[] deflated = PngBuilder.Deflate("caf\u00e9"u8.ToArray()), latin = PngBuilder.Deflate([0x63, 0xE9]);
        var file = Gray().Chunk("zTXt", [65, 0, 0, .. latin]).Chunk("iTXt", [66, 0, 1, 0, (byte)'f', (byte)'r', 0, 0, .. deflated])
            .Pixels(0, 7).End();
        Assert.That(PngText.Read(file), Is.EqualTo(new KeyValuePair<string, string>[] { new("A", "cé"), new("B", "café") }));
    }

    [Test]
    public void Only_the_bits_of_the_sample_count_in_a_transparent_color()
    {
        var image = PictureDecoder.Decode(new PngBuilder().Header(2, 1, 8, 2).Chunk("tRNS", 0xFF, 255, 0xFF, 0, 1, 7)
            .Pixels(0, 255, 0, 7, 255, 0, 8).End());
        Assert.That((image.Pixel(0, 0)[3], image.Pixel(1, 0)[3]), Is.EqualTo(((byte)0, (byte)255)));
        Assert.That(PictureDecoder.Decode(Gray().Chunk("tRNS", 1, 7).Pixels(0, 7).End()).Rgba[3], Is.Zero);
    }

    [Test]
    public void A_transparent_color_beside_alpha_means_nothing() =>
        Assert.That(PictureDecoder.Decode(new PngBuilder().Header(1, 1, 8, 4).Chunk("tRNS", 0, 9).Pixels(0, 9, 200).End()).Rgba,
        Is.EqualTo(new byte[] { 9, 9, 9, 200 }));

    [TestCase((byte)0, new byte[] { 0, 7 }, new byte[] { 7, 7, 7, 255 })]
    [TestCase((byte)4, new byte[] { 0, 9, 200 }, new byte[] { 9, 9, 9, 200 })]
    public void A_palette_in_grey_means_nothing(byte kind, byte[] row, byte[] pixel) =>
        Assert.That(PictureDecoder.Decode(new PngBuilder().Header(1, 1, 8, kind).Chunk("PLTE", 10, 20, 30, 40, 50, 60).Pixels(row)
        .End()).Rgba, Is.EqualTo(pixel));

    // What libpng 1.6 reads: colors that the palette lacks are black and opaque.
    [TestCase(8, 4, new byte[] { 0, 0, 1, 2, 200 })]
    [TestCase(4, 4, new byte[] { 0, 0x01, 0x2F })]
    [TestCase(2, 4, new byte[] { 0, 0b00_01_10_11 })]
    public void A_color_that_the_palette_lacks_is_black(int depth, int width, byte[] row)
    {
        PngBuilder File() => new PngBuilder().Header((uint)width, 1, (byte)depth, 3).Chunk("PLTE", 10, 20, 30, 40, 50, 60);
        Assert.That(PictureDecoder.Decode(File().Pixels(row).End()).Rgba,
            Is.EqualTo(new byte[] { 10, 20, 30, 255, 40, 50, 60, 255, 0, 0, 0, 255, 0, 0, 0, 255 }));
        Assert.That(PictureDecoder.Decode(File().Chunk("tRNS", 5).Pixels(row).End()).Rgba,
            Is.EqualTo(new byte[] { 10, 20, 30, 5, 40, 50, 60, 255, 0, 0, 0, 255, 0, 0, 0, 255 }));
    }

    [Test]
    public void A_color_that_the_palette_lacks_is_black_in_interlaced_pictures_too()
    {
        // A row of five: the first pass has pixel 0, the second 4, the fourth 2, the sixth 1 and 3.
        byte[] rows = [0, 200, 0, 1, 0, 0, 0, 200, 2];
        PngBuilder File() => new PngBuilder().Header(5, 1, 8, 3, interlace: 1).Chunk("PLTE", 10, 20, 30, 40, 50, 60);
        byte[] expected = [0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 255, 0, 0, 0, 255, 40, 50, 60, 255];
        Assert.That(PictureDecoder.Decode(File().Pixels(rows).End()).Rgba, Is.EqualTo(expected));
        expected[11] = 9;
        Assert.That(PictureDecoder.Decode(File().Chunk("tRNS", 9).Pixels(rows).End()).Rgba, Is.EqualTo(expected));
    }

    // What libpng 1.6 reads: only a tRNS that fits the palette counts.
    [TestCase(new byte[] { 1, 2, 3 }, 255, 255)]
    [TestCase(new byte[0], 255, 255)]
    [TestCase(new byte[] { 1 }, 1, 255)]
    [TestCase(new byte[] { 1, 2 }, 1, 2)]
    public void A_tRNS_longer_than_the_palette_means_nothing(byte[] transparency, int first, int second)
    {
        byte[] file = new PngBuilder().Header(2, 1, 8, 3).Chunk("PLTE", 10, 20, 30, 40, 50, 60).Chunk("tRNS", transparency).Pixels(0, 0, 1)
            .End();
        Assert.That(PictureDecoder.Decode(file).Rgba, Is.EqualTo(new byte[] { 10, 20, 30, (byte)first, 40, 50, 60, (byte)second }));
    }

    // The second and third header of a zlib stream ask for a preset dictionary.
    [TestCase(new byte[] { 1, 2, 3, 4 })]
    [TestCase(new byte[] { 0x78, 0xBB, 1, 2, 3, 4, 5, 6 })]
    [TestCase(new byte[] { 0x78, 0x20, 1, 2, 3, 4, 5, 6 })]
    public void Damaged_compressed_texts_are_a_format_fault(byte[] damaged)
    {
        Assert.That(() => PngText.Read(Gray().Chunk("zTXt", [65, 0, 0, .. damaged]).Pixels(0, 7).End()),
            Throws.TypeOf<ImageFormatException>());
        Assert.That(() => PngText.Read(Gray().Chunk("iTXt", [66, 0, 1, 0, 0, 0, .. damaged]).Pixels(0, 7).End()),
            Throws.TypeOf<ImageFormatException>());
    }

    [Test]
    public void Texts_that_grow_without_bound_are_refused_and_do_not_keep_the_pixels_from_being_read()
    {
        byte[] bomb = PngBuilder.Deflate(new byte[1 << 24]);
        var builder = Gray();
        for (int i = 0; i < 3; i++)
            builder.Chunk("zTXt", [65, 0, 0, .. bomb]);
        byte[] file = builder.Pixels(0, 7).End();
        Assert.That(() => PngText.Read(file), Throws.TypeOf<ImageFormatException>().With.Message.Contains("16777216"));
        Assert.That(PictureDecoder.Decode(file).Rgba, Is.EqualTo(new byte[] { 7, 7, 7, 255 }));
    }

    [TestCase("")]
    [TestCase(" lead")]
    [TestCase("double  space")]
    [TestCase("星")]
    public void A_keyword_that_PNG_cannot_hold_is_refused(string keyword) =>
        Assert.That(() => PictureEncoder.Png(new Image(1, 1), [new(keyword, "x")]), Throws.ArgumentException);

    [Test]
    public void Opaque_pictures_are_written_without_alpha_and_others_with_it()
    {
        var image = new Image(1, 1);
        image.Rgba[3] = 255;
        Assert.That(PictureEncoder.Png(image)[25], Is.EqualTo(2));
        image.Rgba[3] = 254;
        Assert.That(PictureEncoder.Png(image)[25], Is.EqualTo(6));
    }

    // Corner 10; the pixel to the left is 8 or 11 (written as a difference from the 10 above it), the last one has difference 0.
    [TestCase(8, 11, 8, Description = "left and corner are as near: left")]
    [TestCase(11, 8, 8, Description = "above and corner are as near: above")]
    public void Ties_of_the_Paeth_filter_go_to_left_then_above(int left, int above, int predicted)
    {
        var file = Gray(2, 2).Pixels(0, 10, (byte)above, 4, (byte)(left - 10), 0).End();
        Assert.That(PictureDecoder.Decode(file).Pixel(1, 1)[0], Is.EqualTo(predicted));
    }
}
