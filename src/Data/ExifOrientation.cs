using System.Buffers.Binary;

namespace Dalle2.Data;

/// <summary>The orientation tag of a JPEG file's Exif header: cameras store sideways pictures and say so there.</summary>
internal static class ExifOrientation
{
    /// <summary>1 to 8 as the tag says; 1 (upright) where there is none or the header makes no sense.</summary>
    public static int Read(ReadOnlySpan<byte> jpeg)
    {
        for (int at = 2; at + 4 <= jpeg.Length && jpeg[at] == 0xFF;)
        {
            int marker = jpeg[at + 1], length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
            if (marker == 0xDA || length < 2 || at + 2 + length > jpeg.Length)
            {
                return 1;
            }
            var segment = jpeg.Slice(at + 4, length - 2);
            if (marker == 0xE1 && segment.StartsWith("Exif\0\0"u8))
            {
                return ReadTag(segment[6..]);
            }
            at += 2 + length;
        }
        return 1;
    }

    /// <summary>Turns and mirrors so that the picture stands upright.</summary>
    public static Image Apply(Image image, int orientation)
    {
        if (orientation is < 2 or > 8)
        {
            return image;
        }
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

    private static int ReadTag(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8)
        {
            return 1;
        }
        bool little = tiff[0] == (byte)'I';
        uint first = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (first > (uint)tiff.Length - 2)
        {
            return 1;
        }
        int Short(ReadOnlySpan<byte> at) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
        int count = Short(tiff[(int)first..]);
        for (int i = 0, at = (int)first + 2; i < count && at + 12 <= tiff.Length; i++, at += 12)
        {
            if (Short(tiff[at..]) == 0x0112)
            {
                int value = Short(tiff[(at + 8)..]);
                return value is >= 1 and <= 8 ? value : 1;
            }
        }
        return 1;
    }
}
