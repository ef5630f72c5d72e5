using System.Buffers.Binary;

namespace Dalle2.Data;

/// <summary>The checked content of IHDR.</summary>
internal readonly record struct PngHeader(int Width, int Height, int Depth, int ColourType, bool Interlaced)
{
    public const int Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, RgbAlpha = 6;

    /// <summary>Larger pictures are refused: a lying header must not make us allocate gigabytes.</summary>
    public const long MaxPixels = 1L << 28;

    public int Channels => ColourType switch { Rgb => 3, GreyAlpha => 2, RgbAlpha => 4, _ => 1 };

    public int BitsPerPixel => Channels * Depth;

    /// <summary>The distance in bytes that filters look back.</summary>
    public int FilterStep => Math.Max(1, BitsPerPixel / 8);

    /// <summary>Bytes of one row of <paramref name="width"/> pixels, without the filter byte.</summary>
    public int RowBytes(int width) => checked((int)(((long)width * BitsPerPixel + 7) / 8));

    public static PngHeader Parse(ReadOnlySpan<byte> data)
    {
        if (data.Length != 13)
        {
            throw new ImageFormatException($"IHDR has {data.Length} bytes instead of 13");
        }
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        int depth = data[8], colourType = data[9];
        if (width == 0 || height == 0)
        {
            throw new ImageFormatException($"its size is {width} x {height}");
        }
        if ((ulong)width * height > MaxPixels)
        {
            throw new ImageFormatException($"its size of {width} x {height} pixels is above the limit of {MaxPixels}");
        }
        bool allowed = colourType switch
        {
            Grey => depth is 1 or 2 or 4 or 8 or 16,
            Palette => depth is 1 or 2 or 4 or 8,
            Rgb or GreyAlpha or RgbAlpha => depth is 8 or 16,
            _ => throw new ImageFormatException($"there is no colour type {colourType}"),
        };
        if (!allowed)
        {
            throw new ImageFormatException($"colour type {colourType} cannot have {depth} bits per sample");
        }
        if (data[10] != 0)
        {
            throw new ImageFormatException($"there is no compression method {data[10]}");
        }
        if (data[11] != 0)
        {
            throw new ImageFormatException($"there is no filter method {data[11]}");
        }
        if (data[12] > 1)
        {
            throw new ImageFormatException($"there is no interlace method {data[12]}");
        }
        return new PngHeader((int)width, (int)height, depth, colourType, data[12] == 1);
    }
}
