namespace Dalle2.Data;

/// <summary>
/// JPEG through libjpeg-turbo's <c>libturbojpeg</c>, when it is on the machine; nothing is loaded before the first JPEG.
/// Grey, YCbCr, RGB, CMYK and YCCK, baseline and progressive; the Exif orientation is applied.
/// A file that the library only warns about (truncated, damaged) counts as broken.
/// </summary>
public sealed class JpegTurboCodec : IImageCodec
{
    /// <inheritdoc/>
    public string Name => "JPEG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg"];

    /// <inheritdoc/>
    public bool CanEncode => false;

    /// <summary>Whether the library was found on this machine.</summary>
    public static bool IsAvailable => TurboJpegLibrary.Instance is not null;

    /// <inheritdoc/>
    public bool CanDecode(ReadOnlySpan<byte> header) => header.StartsWith(new byte[] { 0xFF, 0xD8, 0xFF });

    /// <inheritdoc/>
    public byte[] Encode(Image image) => throw new NotSupportedException("JPEG is read only; pictures are written as PNG.");

    /// <inheritdoc/>
    public Image Decode(ReadOnlySpan<byte> file)
    {
        var library = TurboJpegLibrary.Instance ?? throw new UserInputException(
            "Reading JPEG needs libjpeg-turbo's library libturbojpeg, which is not on this machine. Install it (Debian and Ubuntu: "
            + "apt-get install libturbojpeg0; Fedora: dnf install turbojpeg; macOS: brew install jpeg-turbo), or convert the pictures to PNG.");
        nint handle = library.Open();
        if (handle == 0)
        {
            throw new ImageFormatException($"libturbojpeg cannot start: {library.Error(0)}");
        }
        try
        {
            if (!library.Header(handle, file, out int width, out int height, out int space))
            {
                throw new ImageFormatException($"its JPEG header is damaged: {library.Error(handle)}");
            }
            if (width < 1 || height < 1 || (long)width * height > PngHeader.MaxPixels)
            {
                throw new ImageFormatException($"its size of {width} x {height} pixels is not within 1 and {PngHeader.MaxPixels}");
            }
            bool cmyk = space is TurboJpegLibrary.SpaceCmyk or TurboJpegLibrary.SpaceYcck;
            var image = new Image(width, height);
            if (!library.Decompress(handle, file, image.Rgba, width, height, cmyk ? TurboJpegLibrary.PixelCmyk : TurboJpegLibrary.PixelRgba))
            {
                throw new ImageFormatException($"its JPEG data are damaged: {library.Error(handle)}");
            }
            if (cmyk)
            {
                FromInvertedCmyk(image.Rgba);
            }
            return ExifOrientation.Apply(image, ExifOrientation.Read(file));
        }
        finally
        {
            library.Close(handle);
        }
    }

    // Adobe's programs, which are the ones that write such files, store 255 - ink.
    private static void FromInvertedCmyk(Span<byte> pixels)
    {
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int light = pixels[i + 3];
            for (int c = 0; c < 3; c++)
            {
                pixels[i + c] = (byte)((pixels[i + c] * light + 127) / 255);
            }
            pixels[i + 3] = 255;
        }
    }
}
