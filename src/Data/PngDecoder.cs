using System.Buffers.Binary;
using System.IO.Compression;

namespace Dalle2.Data;

/// <summary>Decodes PNG (ISO/IEC 15948): chunks -> zlib -> filters -> (Adam7) -> samples -> RGBA.</summary>
internal static class PngDecoder
{
    // Adam7: first column, first row, column step, row step of each pass.
    private static readonly (int X, int Y, int Dx, int Dy)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private static readonly (int X, int Y, int Dx, int Dy)[] Whole = [(0, 0, 1, 1)];

    // Deflate cannot expand further than this, so a short file cannot claim a huge picture.
    private const long MaxDeflateRatio = 1032;

    public static Image Decode(ReadOnlySpan<byte> file)
    {
        var chunks = new PngChunkReader(file);
        if (!chunks.Next() || chunks.Type != "IHDR")
        {
            throw new ImageFormatException($"the first chunk is {chunks.Type} instead of IHDR");
        }
        var header = PngHeader.Parse(chunks.Data);
        byte[]? palette = null, transparency = null;
        using var compressed = new MemoryStream();
        bool seenData = false;
        string previous = "IHDR";
        while (chunks.Next())
        {
            switch (chunks.Type)
            {
                case "IHDR":
                    throw new ImageFormatException("there is a second IHDR");
                case "PLTE":
                    RequireBefore(seenData, "PLTE");
                    palette = CheckPalette(header, palette, chunks.Data);
                    break;
                case "tRNS":
                    RequireBefore(seenData, "tRNS");
                    transparency = CheckTransparency(header, palette, transparency, chunks.Data);
                    break;
                case "IDAT":
                    if (seenData && previous != "IDAT")
                    {
                        throw new ImageFormatException($"IDAT chunks are not consecutive: {previous} stands between them");
                    }
                    seenData = true;
                    compressed.Write(chunks.Data);
                    break;
                case "IEND":
                    break;
                default:
                    if (char.IsAsciiLetterUpper(chunks.Type[0]))
                    {
                        throw new ImageFormatException($"the critical chunk {chunks.Type} is unknown");
                    }
                    break;
            }
            previous = chunks.Type;
        }
        if (!seenData)
        {
            throw new ImageFormatException("there is no IDAT chunk, so it has no pixels");
        }
        if (header.ColourType == PngHeader.Palette && palette is null)
        {
            throw new ImageFormatException("colour type 3 needs a PLTE chunk, and there is none");
        }
        compressed.Position = 0;
        var expand = new PngPixelExpander(header, palette, transparency);
        return ReadPixels(header, compressed, expand);
    }

    private static Image ReadPixels(PngHeader header, MemoryStream compressed, PngPixelExpander expand)
    {
        var passes = header.Interlaced ? Adam7 : Whole;
        long expected = 0;
        foreach (var pass in passes)
        {
            var (w, h) = PassSize(header, pass);
            expected += w == 0 ? 0 : (long)h * (1 + header.RowBytes(w));
        }
        if (expected > MaxDeflateRatio * compressed.Length + 64)
        {
            throw new ImageFormatException($"too little pixel data: {compressed.Length} compressed bytes cannot hold {expected}");
        }
        var image = new Image(header.Width, header.Height);
        using var inflater = new ZLibStream(compressed, CompressionMode.Decompress);
        try
        {
            long done = 0;
            foreach (var pass in passes)
            {
                var (w, h) = PassSize(header, pass);
                if (w == 0 || h == 0)
                {
                    continue;
                }
                // Index 0 is the filter byte; the row above the first one is zero.
                byte[] row = new byte[1 + header.RowBytes(w)], above = new byte[row.Length];
                for (int y = 0; y < h; y++)
                {
                    int read = inflater.ReadAtLeast(row, row.Length, throwOnEndOfStream: false);
                    done += read;
                    if (read < row.Length)
                    {
                        throw new ImageFormatException($"too little pixel data: {done} bytes of {expected}");
                    }
                    Unfilter(row, above, header.FilterStep);
                    expand.Row(row.AsSpan(1), w, image, pass.X, pass.Y + y * pass.Dy, pass.Dx);
                    (row, above) = (above, row);
                }
            }
            if (inflater.ReadByte() >= 0)
            {
                throw new ImageFormatException($"too much pixel data: more than the {expected} bytes that its size needs");
            }
        }
        catch (InvalidDataException e)
        {
            throw new ImageFormatException("the compressed pixel data are damaged or truncated", e);
        }
        return image;
    }

    private static (int Width, int Height) PassSize(PngHeader header, (int X, int Y, int Dx, int Dy) pass) =>
        ((header.Width - pass.X + pass.Dx - 1) / pass.Dx, (header.Height - pass.Y + pass.Dy - 1) / pass.Dy);

    // Undoes the filter of one row in place; row[0] is the filter's number.
    private static void Unfilter(byte[] row, byte[] above, int step)
    {
        switch (row[0])
        {
            case 0:
                break;
            case 1:
                for (int i = 1 + step; i < row.Length; i++)
                {
                    row[i] += row[i - step];
                }
                break;
            case 2:
                for (int i = 1; i < row.Length; i++)
                {
                    row[i] += above[i];
                }
                break;
            case 3:
                for (int i = 1; i < row.Length; i++)
                {
                    int left = i > step ? row[i - step] : 0;
                    row[i] += (byte)((left + above[i]) >> 1);
                }
                break;
            case 4:
                for (int i = 1; i < row.Length; i++)
                {
                    bool hasLeft = i > step;
                    row[i] += PngFilter.Paeth(hasLeft ? row[i - step] : 0, above[i], hasLeft ? above[i - step] : 0);
                }
                break;
            default:
                throw new ImageFormatException($"there is no filter {row[0]}");
        }
    }

    private static void RequireBefore(bool seenData, string type)
    {
        if (seenData)
        {
            throw new ImageFormatException($"{type} comes after IDAT");
        }
    }

    private static byte[] CheckPalette(PngHeader header, byte[]? palette, ReadOnlySpan<byte> data)
    {
        if (palette is not null)
        {
            throw new ImageFormatException("there is a second PLTE");
        }
        if (header.ColourType is PngHeader.Grey or PngHeader.GreyAlpha)
        {
            throw new ImageFormatException($"colour type {header.ColourType} is grey and must not have a PLTE");
        }
        int limit = header.ColourType == PngHeader.Palette ? 1 << header.Depth : 256;
        if (data.Length == 0 || data.Length % 3 != 0 || data.Length / 3 > limit)
        {
            throw new ImageFormatException($"PLTE has {data.Length} bytes, which is not 1 to {limit} colours of 3 bytes");
        }
        return data.ToArray();
    }

    private static byte[] CheckTransparency(PngHeader header, byte[]? palette, byte[]? transparency, ReadOnlySpan<byte> data)
    {
        if (transparency is not null)
        {
            throw new ImageFormatException("there is a second tRNS");
        }
        switch (header.ColourType)
        {
            case PngHeader.Grey or PngHeader.Rgb:
                int needed = 2 * header.Channels;
                if (data.Length != needed)
                {
                    throw new ImageFormatException($"tRNS has {data.Length} bytes instead of {needed}");
                }
                for (int i = 0; i < needed; i += 2)
                {
                    if (BinaryPrimitives.ReadUInt16BigEndian(data[i..]) >> header.Depth != 0)
                    {
                        throw new ImageFormatException($"the value in tRNS does not fit {header.Depth} bits");
                    }
                }
                break;
            case PngHeader.Palette:
                if (palette is null)
                {
                    throw new ImageFormatException("tRNS comes before PLTE");
                }
                if (data.Length > palette.Length / 3)
                {
                    throw new ImageFormatException($"tRNS has {data.Length} entries for a palette of {palette.Length / 3}");
                }
                break;
            default:
                throw new ImageFormatException($"colour type {header.ColourType} has alpha already and must not have a tRNS");
        }
        return data.ToArray();
    }
}
