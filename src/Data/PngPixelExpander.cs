using System.Buffers.Binary;

namespace Dalle2.Data;

/// <summary>Turns unfiltered rows of any colour type and depth into RGBA. Sixteen bits become eight by rounding.</summary>
internal sealed class PngPixelExpander
{
    private readonly PngHeader _header;
    private readonly byte[] _palette;
    private readonly byte[] _alphas;

    // The one colour that tRNS makes transparent, at full depth; -1 where there is none.
    private readonly int[] _key = [-1, -1, -1];

    public PngPixelExpander(PngHeader header, byte[]? palette, byte[]? transparency)
    {
        _header = header;
        _palette = palette ?? [];
        _alphas = [];
        if (header.ColourType == PngHeader.Palette)
        {
            _alphas = transparency ?? [];
        }
        else if (transparency is not null)
        {
            for (int i = 0; i < header.Channels; i++)
            {
                _key[i] = BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(2 * i));
            }
        }
    }

    /// <summary>Writes <paramref name="count"/> pixels at (x, y), (x + dx, y), ...</summary>
    public void Row(ReadOnlySpan<byte> row, int count, Image image, int x, int y, int dx)
    {
        int depth = _header.Depth, channels = _header.Channels;
        Span<int> raw = stackalloc int[4];
        for (int i = 0; i < count; i++, x += dx)
        {
            for (int c = 0; c < channels; c++)
            {
                raw[c] = depth switch
                {
                    8 => row[i * channels + c],
                    16 => BinaryPrimitives.ReadUInt16BigEndian(row[(2 * (i * channels + c))..]),
                    // Below eight bits there is one channel, and the first pixel has the highest bits.
                    _ => (row[i * depth / 8] >> (8 - depth - i * depth % 8)) & ((1 << depth) - 1),
                };
            }
            var pixel = image.Pixel(x, y);
            switch (_header.ColourType)
            {
                case PngHeader.Palette:
                    Palette(raw[0], pixel, x, y);
                    break;
                case PngHeader.Grey:
                    pixel[0] = pixel[1] = pixel[2] = ToByte(raw[0]);
                    pixel[3] = raw[0] == _key[0] ? (byte)0 : (byte)255;
                    break;
                case PngHeader.GreyAlpha:
                    pixel[0] = pixel[1] = pixel[2] = ToByte(raw[0]);
                    pixel[3] = ToByte(raw[1]);
                    break;
                default:
                    pixel[0] = ToByte(raw[0]);
                    pixel[1] = ToByte(raw[1]);
                    pixel[2] = ToByte(raw[2]);
                    bool keyed = raw[0] == _key[0] && raw[1] == _key[1] && raw[2] == _key[2];
                    pixel[3] = channels == 4 ? ToByte(raw[3]) : keyed ? (byte)0 : (byte)255;
                    break;
            }
        }
    }

    private void Palette(int index, Span<byte> pixel, int x, int y)
    {
        if (3 * index >= _palette.Length)
        {
            throw new ImageFormatException($"the pixel at ({x}, {y}) has palette index {index}, and the palette has {_palette.Length / 3} colours");
        }
        _palette.AsSpan(3 * index, 3).CopyTo(pixel);
        pixel[3] = index < _alphas.Length ? _alphas[index] : (byte)255;
    }

    private byte ToByte(int value)
    {
        int top = (1 << _header.Depth) - 1;
        return (byte)((value * 255L + top / 2) / top);
    }
}
