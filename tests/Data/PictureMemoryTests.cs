using Dalle2.Data.Pictures;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Pbm;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Tga;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Tiff.Constants;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using Rgba = SixLabors.ImageSharp.Image<SixLabors.ImageSharp.PixelFormats.Rgba32>;

namespace Dalle2.Tests.Data;

/// <summary>The limit of the memory that decoding may hold: sound files stay below it whatever their size, and it is a number at the largest.</summary>
[TestFixture]
public sealed class PictureMemoryTests
{
    // Deflate, LZW and runs make noise no smaller, so that the file is as large as its pixels.
    static byte[] Noise(int side)
    {
        byte[] pixels = new byte[4 * side * side];
        new Random(side).NextBytes(pixels);
        for (int i = 3; i < pixels.Length; i += 4)
            pixels[i] = 255;
        return pixels;
    }

    static byte[] Encode(byte[] pixels, int side, IImageEncoder encoder)
    {
        using Rgba picture = SixLabors.ImageSharp.Image.LoadPixelData<Rgba32>(pixels, side, side);
        using var file = new MemoryStream();
        picture.Save(file, encoder);
        return file.ToArray();
    }

    static readonly PngEncoder FastPng = new()
    {
        ColorType = PngColorType.Rgb,
        FilterMethod = PngFilterMethod.None,
        CompressionLevel = PngCompressionLevel.NoCompression
    };

    static IEnumerable<TestCaseData> Lossless()
    {
        static TestCaseData Case(string name, IImageEncoder encoder) => new TestCaseData(encoder).SetArgDisplayNames(name);
        yield return Case("PNG", FastPng);
        yield return Case("BMP", new BmpEncoder { BitsPerPixel = BmpBitsPerPixel.Pixel24 });
        yield return Case("TIFF", new TiffEncoder { Compression = TiffCompression.None });
        yield return Case("TGA", new TgaEncoder { BitsPerPixel = TgaBitsPerPixel.Pixel24, Compression = TgaCompression.None });
        yield return Case("PPM", new PbmEncoder { ColorType = PbmColorType.Rgb, Encoding = PbmEncoding.Binary });
    }

    [TestCaseSource(nameof(Lossless))]
    public void A_file_larger_than_the_least_limit_is_read(IImageEncoder encoder)
    {
        const int side = 2600;
        byte[] pixels = Noise(side), file = Encode(pixels, side, encoder);
        Assert.That(file, Has.Length.GreaterThan(PictureConfiguration.MemoryLimit(0, 0)));
        Assert.That(PictureDecoder.Decode(file).Rgba.AsSpan().SequenceEqual(pixels));
    }

    static IEnumerable<TestCaseData> Any() =>
    [
        .. Lossless(),
        new TestCaseData(new PngEncoder { ColorType = PngColorType.RgbWithAlpha, BitDepth = PngBitDepth.Bit16 }).SetArgDisplayNames(
        "PNG of 16 bits"),
        new TestCaseData(new PngEncoder { InterlaceMethod = PngInterlaceMode.Adam7 }).SetArgDisplayNames("PNG interlaced"),
        new TestCaseData(new JpegEncoder { Quality = 100, ColorType = JpegColorType.YCbCrRatio444 }).SetArgDisplayNames("JPEG"),
        new TestCaseData(new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Method = WebpEncodingMethod.Fastest }).SetArgDisplayNames(
        "WebP lossy"),
        new TestCaseData(new WebpEncoder { FileFormat = WebpFileFormatType.Lossless,
        Method = WebpEncodingMethod.Fastest }).SetArgDisplayNames("WebP lossless"),
        new TestCaseData(new GifEncoder()).SetArgDisplayNames("GIF"),
        new TestCaseData(new TiffEncoder { Compression = TiffCompression.Lzw }).SetArgDisplayNames("TIFF with LZW"),
        new TestCaseData(new TgaEncoder { Compression = TgaCompression.RunLength }).SetArgDisplayNames("TGA with runs"),
    ];

    [TestCaseSource(nameof(Any))]
    public void What_grows_with_picture_and_file_is_enough_without_the_least(IImageEncoder encoder)
    {
        // So larger pictures of the kind are within their limit too.
        const int side = 600;
        byte[] file = Encode(Noise(side), side, encoder);
        Configuration configuration = PictureConfiguration.For(0, 0);
        configuration.MemoryAllocator = new BoundedAllocator(PictureConfiguration.MemoryLimit(side * side, file.Length)
            - PictureConfiguration.MemoryLimit(0, 0));
        IImageFormat format = SixLabors.ImageSharp.Image.DetectFormat(configuration, file);
        using var decoded = configuration.ImageFormatsManager.FindDecoder(format)
            .Decode<Rgba32>(configuration, new MemoryStream(file), CancellationToken.None);
        Assert.That((decoded.Width, decoded.Height), Is.EqualTo((side, side)));
    }

    [Test]
    public void Less_than_the_picture_itself_is_refused()
    {
        byte[] file = Encode(Noise(64), 64, FastPng);
        Configuration configuration = PictureConfiguration.For(0, 0);
        configuration.MemoryAllocator = new BoundedAllocator(4 * 64 * 64 - 1);
        IImageDecoder decoder = configuration.ImageFormatsManager.FindDecoder(PngFormat.Instance);
        Assert.That(() => decoder.Decode<Rgba32>(configuration, new MemoryStream(file), CancellationToken.None),
            Throws.Exception.With.InnerException.Message.Contains($"{4 * 64 * 64 - 1} bytes"));
    }

    [Test]
    public void The_largest_pictures_of_the_default_limit_are_within_their_memory()
    {
        // 8192 x 8192 of 16-bit RGBA, stored: a file of eight bytes a pixel and a filter byte a row, held as one chunk beside the picture and two rows.
        const long side = 8192, row = 8 * side + 1, file = side * row, picture = 4 * side * side;
        Assert.That(side * side, Is.EqualTo(PictureDecoder.DefaultMaxPixels));
        Assert.That(PictureConfiguration.MemoryLimit(side * side, file),
            Is.GreaterThan(file + picture + 2 * row).And.LessThan(8 * (file + picture)));
        // The same packed to nothing must fit too, and may not take what a large file could.
        Assert.That(PictureConfiguration.MemoryLimit(side * side, 0), Is.GreaterThan(picture + 2 * row).And.LessThan(2L << 30));
    }

    [Test]
    public void The_highest_limit_that_can_be_given_does_not_overflow()
    {
        const long picture = 4L * PictureDecoder.LargestMaxPixels;
        Assert.That((long)Array.MaxLength, Is.GreaterThanOrEqualTo(picture));
        Assert.That(PictureConfiguration.MemoryLimit(PictureDecoder.LargestMaxPixels, Array.MaxLength),
            Is.GreaterThan(picture + Array.MaxLength));
    }
}
