using System.Buffers.Binary;

namespace Dalle2.Data.Pictures;

/// <summary>The orientation tag of a file's Exif data: cameras store sideways pictures and say so there.</summary>
static class ExifOrientation
{
    /// <summary>1 to 8 as the tag of a JPEG, PNG, WebP or TIFF file says; 1 (upright) where there is none or it makes no sense.</summary>
    public static int Read(ReadOnlySpan<byte> file) =>
        PictureFormats.IsJpeg(file) ? ReadTag(InJpeg(file))
        : PictureFormats.IsPng(file) ? ReadTag(InPng(file))
        : PictureFormats.IsWebp(file) ? ReadTag(WebpFile.Find(file, "EXIF"u8))
        : PictureFormats.IsTiff(file) ? ReadTag(file) : 1;

    static ReadOnlySpan<byte> InJpeg(ReadOnlySpan<byte> file)
    {
        for (int at = 2; at + 4 <= file.Length && file[at] == 0xFF;)
        {
            int marker = file[at + 1];
            // Any number of fill bytes may stand before a marker.
            if (marker == 0xFF)
            {
                at++;
                continue;
            }
            int length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (marker == 0xDA || length < 2 || at + 2 + length > file.Length)
                return [];
            var segment = file.Slice(at + 4, length - 2);
            if (marker == 0xE1 && segment.StartsWith("Exif\0\0"u8))
                return segment;
            at += 2 + length;
        }
        return [];
    }

    static ReadOnlySpan<byte> InPng(ReadOnlySpan<byte> file)
    {
        var chunks = new PngChunkReader(file);
        while (chunks.Next())
        {
            if (chunks.Type == "eXIf")
                return chunks.Data;
        }
        return [];
    }

    /// <summary>Turns and mirrors so that the picture stands upright.</summary>
    public static Image Apply(Image image, int orientation)
    {
        if (orientation is < 2 or > 8)
            return image;
        bool swapped = orientation >= 5;
        int w = image.Width, h = image.Height;
        var upright = new Image(swapped ? h : w, swapped ? w : h);
        for (int y = 0; y < upright.Height; y++)
        {
            for (int x = 0; x < upright.Width; x++)
            {
                var (sx, sy) = orientation switch
                {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                image.Pixel(sx, sy).CopyTo(upright.Pixel(x, y));
            }
        }
        return upright;
    }

    static int ReadTag(ReadOnlySpan<byte> exif)
    {
        long value = TiffTags.Find(exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif, TiffTags.Orientation) ?? 1;
        return value is >= 1 and <= 8 ? (int)value : 1;
    }
}
