namespace Dalle2.Data.Pictures;

/// <summary>An 8-bit sRGB picture with straight (not premultiplied) alpha, rows from the top, four bytes a pixel: R, G, B, A.</summary>
public sealed class Image
{
    /// <summary>Makes a fully transparent black picture.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1 or the picture exceeds 2^31 bytes.</exception>
    public Image(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(4L * width * height, Array.MaxLength, nameof(width));
        Width = width;
        Height = height;
        Rgba = new byte[4 * width * height];
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>The pixels, <c>[Height, Width, 4]</c>.</summary>
    public byte[] Rgba { get; }

    /// <summary>The four bytes R, G, B, A of one pixel.</summary>
    public Span<byte> Pixel(int x, int y) => Rgba.AsSpan(4 * (y * Width + x), 4);

    /// <summary>Copies the colors without alpha, <c>[Height, Width, 3]</c>.</summary>
    public void CopyColors(Span<byte> target)
    {
        for (int p = 0; p < Width * Height; p++)
            Rgba.AsSpan(4 * p, 3).CopyTo(target[(3 * p)..]);
    }
}
