using Dalle2.Data.Sets;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;
using Rgba = SixLabors.ImageSharp.Image<SixLabors.ImageSharp.PixelFormats.Rgba32>;

namespace Dalle2.Data.Pictures;

/// <summary>
/// Reads PNG, JPEG, WebP, GIF, BMP, TIFF, TGA and PBM/PGM/PPM, by what a file contains, whatever its name says: the first picture of several,
/// 16 bits rounded to 8, turned upright as its Exif orientation says. Embedded gamma and color profiles are not applied.
/// The file may be anybody's: its size is known before a pixel is allocated, and whatever is wrong with it is one kind of exception.
/// </summary>
public static class PictureDecoder
{
    /// <summary>Pixels that a picture may have unless another limit is given: 64 megapixels, 8192 x 8192.</summary>
    public const long DefaultMaxPixels = 1L << 26;

    /// <summary>The highest limit that can be given: more pixels do not fit one array.</summary>
    public const int LargestMaxPixels = 500_000_000;

    // Deflate makes a byte of at most 1032, which are 8 pixels each; no format but WebP gets further, and there only with pictures of one color.
    const long MaxPixelsPerByte = 10_000;

    // What is decoded quickly in any case.
    const long FreePixels = 1 << 20;

    /// <summary>Decodes a file's bytes.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="maxPixels">Larger pictures are refused, from 1 to <see cref="LargestMaxPixels"/>.</param>
    /// <exception cref="ImageFormatException">The bytes are damaged, cut off, too large a picture, or of a format that is not read; it is named when recognized.</exception>
    public static Image Decode(byte[] file, long maxPixels = DefaultMaxPixels)
    {
        using var memory = new DecodingMemory();
        return Decode(file, maxPixels, memory);
    }

    static Image Decode(byte[] file, long maxPixels, DecodingMemory memory)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPixels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxPixels, LargestMaxPixels);
        if (file.Length == 0)
            throw new ImageFormatException("the file is empty");
        if (PictureFormats.RecognizeOther(file) is { } other)
            throw new ImageFormatException($"it is a {other} file; only {PictureFormats.Readable} are read, so convert it first");
        try
        {
            var image = Read(Plain(file, maxPixels), maxPixels, memory);
            if (TiffTags.IsInvertedFax(file))
                Invert(image);
            return ExifOrientation.Apply(image, ExifOrientation.Read(file));
        }
        // ImageSharp meets damage with exceptions of many kinds, bounds and null references among them; for us they all say that.
        catch (Exception e) when (e is not ImageFormatException)
        {
            throw new ImageFormatException(Explain(e), e);
        }
    }

    /// <summary>Reads and decodes a file.</summary>
    /// <exception cref="BrokenSampleException">The file cannot be read or is no sound picture; the message has the path.</exception>
    public static Image Decode(string path, long maxPixels = DefaultMaxPixels)
    {
        using var memory = new DecodingMemory();
        return Decode(path, null, maxPixels, memory);
    }

    /// <summary>Pixels across and down as a file's header says, not turned; null where that cannot be told.</summary>
    public static (int Width, int Height)? Measure(string path) => Measure(path, null);

    /// <summary>The same of a picture that is no file of its own.</summary>
    internal static (int Width, int Height)? Measure(string path, IPictureSource? source)
    {
        try
        {
            using Stream stream = source is null ? File.OpenRead(path) : new MemoryStream(source.Read());
            var configuration = PictureConfiguration.For(0, stream.Length);
            return SixLabors.ImageSharp.Image.Identify(configuration, stream) is { Width: > 0, Height: > 0 } info
                ? (info.Width, info.Height) : null;
        }
        // Loading it tells what is wrong with it.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Reads and decodes a file, or what a source has; then the path is its name.</summary>
    internal static Image Decode(string path, IPictureSource? source, long maxPixels, DecodingMemory memory)
    {
        byte[] file = Read(path, source);
        try
        {
            return Decode(file, maxPixels, memory);
        }
        catch (ImageFormatException e)
        {
            throw new BrokenSampleException(path, e.Message, e);
        }
        catch (OutOfMemoryException e)
        {
            throw new BrokenSampleException(path, NoMemory, e);
        }
    }

    /// <summary>The bytes of a file, or of what a source has; then the path is its name.</summary>
    internal static byte[] Read(string path, IPictureSource? source)
    {
        try
        {
            return source is null ? File.ReadAllBytes(path) : source.Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BrokenSampleException(path, e is FileNotFoundException
                or DirectoryNotFoundException ? "there is no such file" : e.Message, e);
        }
        catch (OutOfMemoryException e)
        {
            throw new BrokenSampleException(path, NoMemory, e);
        }
    }

    internal const string NoMemory = "there is not enough memory for it";

    internal static void RequireSize(long width, long height, long maxPixels)
    {
        if (width < 1 || height < 1)
            throw new ImageFormatException($"its size is {width} x {height}");
        if (width > maxPixels || height > maxPixels || width * height > maxPixels)
        {
            throw new ImageFormatException(
                $"its size of {width} x {height} pixels is above the limit of {maxPixels} pixels (--max-pixels)");
        }
    }

    // What ImageSharp would read wrongly or for too long is set right, or refused, before.
    static byte[] Plain(byte[] file, long maxPixels) =>
        PictureFormats.IsPng(file) ? PngFile.Plain(file, maxPixels)
        : PictureFormats.IsPbm(file) ? PbmFile.Plain(file, maxPixels)
        : PictureFormats.IsWebp(file) ? WebpFile.FirstFrame(file)
        : PictureFormats.IsJpeg(file) ? JpegFile.WithoutFill(file)
        : PictureFormats.IsBmp(file) ? BmpFile.Checked(file)
        : file;

    static Image Read(byte[] file, long maxPixels, DecodingMemory memory)
    {
        var configuration = PictureConfiguration.For(0, file.Length);
        if (SixLabors.ImageSharp.Image.DetectFormat(configuration, file) is not { } format)
            throw new ImageFormatException($"it is no picture that is read here ({PictureFormats.Readable})");
        IImageDecoder decoder = configuration.ImageFormatsManager.FindDecoder(format);
        using var header = new MemoryStream(file, writable: false);
        IImageInfo info = ((IImageInfoDetector)decoder).Identify(configuration, header, CancellationToken.None);
        RequireSize(info.Width, info.Height, maxPixels);
        long pixels = (long)info.Width * info.Height;
        if (pixels > FreePixels && pixels / MaxPixelsPerByte > file.Length)
        {
            throw new ImageFormatException(
                $"its size of {info.Width} x {info.Height} pixels is far more than its {file.Length} bytes can hold");
        }
        memory.Take(pixels);
        using var stream = new CutOffStream(file, asksForMore: !PictureFormats.IsWebp(file));
        using Rgba decoded = decoder.Decode<Rgba32>(PictureConfiguration.For(pixels, file.Length), stream, CancellationToken.None);
        // The rest of the picture would be black.
        if (stream.WasCutOff)
            throw new ImageFormatException($"it is truncated: the {format.Name} data end before the picture does");
        var image = new Image(decoded.Width, decoded.Height);
        decoded.CopyPixelDataTo(image.Rgba);
        return image;
    }

    static void Invert(Image image)
    {
        for (int i = 0; i < image.Rgba.Length; i++)
            image.Rgba[i] ^= (byte)(i % 4 == 3 ? 0 : 255);
    }

    static string Explain(Exception fault) => fault switch
    {
        OutOfMemoryException => NoMemory,
        InvalidMemoryOperationException => "it is damaged: decoding it needs more memory than its size explains",
        NotSupportedException => $"it uses a feature of its format that is not read: {FirstLine(fault)}",
        UnknownImageFormatException => $"it is no picture that is read here ({PictureFormats.Readable})",
        SixLabors.ImageSharp.ImageFormatException => $"it is damaged: {FirstLine(fault)}",
        _ => "it is damaged",
    };

    static string FirstLine(Exception fault) => fault.Message.Split('\n', 2)[0].Trim();
}
