using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Pbm;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Tga;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Metadata;

namespace Dalle2.Data.Pictures;

/// <summary>ImageSharp's configuration for pictures of strangers: the decoders of our formats alone, first frames, no metadata, bounded memory.</summary>
static class PictureConfiguration
{
    // Decoders hold the picture, and coefficients or a whole strip of 16 bits beside it.
    const long BytesPerPixel = 24;

    // A chunk or a strip is often the whole file.
    const long BytesPerFileByte = 4;

    // Rows, tables and windows, even where there is hardly a pixel.
    const long LeastBytes = 16L << 20;

    static readonly Configuration Shared = Create();

    /// <summary>The configuration to decode one picture of so many pixels, of a file of so many bytes, with.</summary>
    public static Configuration For(long pixels, long fileBytes)
    {
        var configuration = Shared.Clone();
        configuration.MemoryAllocator = new BoundedAllocator(MemoryLimit(pixels, fileBytes));
        return configuration;
    }

    /// <summary>Bytes that decoding may hold at a time, the file and the finished picture's array not counted.</summary>
    public static long MemoryLimit(long pixels, long fileBytes) => BytesPerPixel * pixels + BytesPerFileByte * fileBytes + LeastBytes;

    static Configuration Create()
    {
        var configuration = new Configuration
        {
            // Loader threads already run side by side.
            MaxDegreeOfParallelism = 1,
            // No reading ahead, so that a read behind the end means a picture cut off.
            StreamProcessingBufferSize = 1,
        };
        void Add(IImageFormat format, IImageFormatDetector detector, IImageDecoder decoder)
        {
            configuration.ImageFormatsManager.AddImageFormat(format);
            configuration.ImageFormatsManager.AddImageFormatDetector(detector);
            configuration.ImageFormatsManager.SetDecoder(format, decoder);
        }
        Add(PngFormat.Instance, new PngImageFormatDetector(), new PngDecoder { IgnoreMetadata = true });
        Add(JpegFormat.Instance, new JpegImageFormatDetector(), new JpegDecoder { IgnoreMetadata = true });
        Add(WebpFormat.Instance, new WebpImageFormatDetector(), new WebpDecoder { IgnoreMetadata = true });
        Add(GifFormat.Instance, new GifImageFormatDetector(),
            new GifDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First });
        Add(BmpFormat.Instance, new BmpImageFormatDetector(), new BmpDecoder());
        Add(TiffFormat.Instance, new TiffImageFormatDetector(),
            new TiffDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First });
        Add(TgaFormat.Instance, new TgaImageFormatDetector(), new TgaDecoder());
        Add(PbmFormat.Instance, new PbmImageFormatDetector(), new PbmDecoder());
        return configuration;
    }
}
