using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Dalle2.Data.Pictures;

/// <summary>What is set right about PNG files before they are decoded: everything but the picture is left out, and every checksum is checked.</summary>
static class PngFile
{
    /// <summary>The file with the chunks alone that make its pixels. Compressed texts and profiles, which could grow without bound, are never unpacked.</summary>
    /// <exception cref="ImageFormatException">A length, a checksum or the order of the chunks is wrong, the end is missing, or the picture is too large.</exception>
    public static byte[] Plain(ReadOnlySpan<byte> file, long maxPixels)
    {
        var chunks = new PngChunkReader(file);
        if (!chunks.Next() || chunks.Type != "IHDR" || chunks.Data.Length != 13)
            throw new ImageFormatException($"the first chunk is {chunks.Type} of {chunks.Data.Length} bytes instead of IHDR of 13");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(chunks.Data), height = BinaryPrimitives.ReadUInt32BigEndian(chunks.Data[4..]);
        int depth = chunks.Data[8], colorType = chunks.Data[9], interlace = chunks.Data[12];
        PictureDecoder.RequireSize(width, height, maxPixels);
        RequireHeader(depth, colorType, chunks.Data);
        // ImageSharp never ends on a pass without pixels.
        if (interlace == 1 && width < 5)
        {
            throw new ImageFormatException(
                $"it is interlaced and {width} pixels wide; interlaced pictures are read from 5 pixels on, so save it without interlacing");
        }
        using var plain = new MemoryStream(file.Length);
        plain.Write(PngChunkReader.Signature);
        Write(plain, "IHDR", chunks.Data);
        using var compressed = new MemoryStream();
        bool pixels = false, ended = false;
        int colors = 0;
        while (chunks.Next())
        {
            switch (chunks.Type)
            {
                case "PLTE" when !pixels && colors == 0 && colorType is 2 or 3 or 6:
                    RequirePalette(depth, colorType, chunks.Data);
                    colors = chunks.Data.Length / 3;
                    Write(plain, "PLTE", WholePalette(depth, colorType, chunks.Data));
                    break;
                case "tRNS" when !pixels && (colorType != 3 || colors > 0):
                    if (Transparency(depth, colorType, colors, chunks.Data) is { } transparency)
                        Write(plain, "tRNS", transparency);
                    break;
                case "IDAT" when !ended:
                    pixels = true;
                    compressed.Write(chunks.Data);
                    continue;
                case "PLTE" or "tRNS" when colorType is not (0 or 4):
                    throw new ImageFormatException($"{chunks.Type} stands in the wrong place or is there twice");
                case "IDAT":
                    throw new ImageFormatException("IDAT chunks are not consecutive");
                case "IEND" or "PLTE":
                    break;
                default:
                    if (char.IsAsciiLetterUpper(chunks.Type[0]))
                        throw new ImageFormatException($"the critical chunk {chunks.Type} is unknown or there twice");
                    break;
            }
            ended = pixels;
        }
        if (!pixels)
            throw new ImageFormatException("there is no IDAT chunk, so it has no pixels");
        if (colorType == 3 && colors == 0)
            throw new ImageFormatException("color type 3 needs a PLTE chunk, and there is none");
        RequirePixels(compressed, RowLengths((int)width, (int)height, depth * (colorType switch
        {
            2 =>
            3,
            4 => 2,
            6 => 4,
            _ => 1
        }), interlace == 1));
        Write(plain, "IDAT", compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
        Write(plain, "IEND", []);
        return plain.ToArray();
    }

    // How many rows of how many bytes, filter byte included, each pass has; Adam7's first column and row and steps of them.
    static (int Rows, int Bytes)[] RowLengths(int width, int height, int bits, bool interlaced)
    {
        (int X, int Y, int Dx, int Dy)[] passes = interlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)];
        return [.. passes.Select(p => ((height - p.Y + p.Dy - 1) / p.Dy,
            checked((int)(1 + ((long)((width - p.X + p.Dx - 1) / p.Dx) * bits + 7) / 8))))];
    }

    // ImageSharp never ends on some pictures whose data do, and takes no notice of the checksum behind them.
    static void RequirePixels(MemoryStream compressed, (int Rows, int Bytes)[] passes)
    {
        compressed.Position = 0;
        using var inflater = new ZLibStream(compressed, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            foreach (var (rows, bytes) in passes.Where(pass => pass.Bytes > 1))
            {
                byte[] row = new byte[bytes];
                for (int y = 0; y < rows; y++)
                {
                    if (inflater.ReadAtLeast(row, bytes, throwOnEndOfStream: false) < bytes)
                    {
                        throw new ImageFormatException(
                            $"too little pixel data: {passes.Sum(pass => (long)pass.Rows * pass.Bytes)} bytes are needed");
                    }
                    if (row[0] > 4)
                        throw new ImageFormatException($"there is no filter {row[0]}");
                }
            }
            if (inflater.ReadByte() >= 0)
                throw new ImageFormatException("too much pixel data: more than its size needs");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new ImageFormatException("the compressed pixel data are damaged or truncated", e);
        }
    }

    static void RequireHeader(int depth, int colorType, ReadOnlySpan<byte> header)
    {
        bool allowed = colorType switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => throw new ImageFormatException($"there is no color type {colorType}"),
        };
        if (!allowed)
            throw new ImageFormatException($"color type {colorType} cannot have {depth} bits per sample");
        if (header[10] != 0 || header[11] != 0 || header[12] > 1)
        {
            throw new ImageFormatException(
                $"there is no compression method {header[10]} with filter method {header[11]} and interlace method {header[12]}");
        }
    }

    static void RequirePalette(int depth, int colorType, ReadOnlySpan<byte> data)
    {
        int limit = colorType == 3 ? 1 << depth : 256;
        if (data.Length == 0 || data.Length % 3 != 0 || data.Length / 3 > limit)
            throw new ImageFormatException($"PLTE has {data.Length} bytes, which is not 1 to {limit} colors of 3 bytes");
    }

    // ImageSharp would read what lies behind a palette that an index exceeds. Those colors are black, as libpng has them.
    static byte[] WholePalette(int depth, int colorType, ReadOnlySpan<byte> data)
    {
        byte[] whole = new byte[colorType == 3 ? 3 << depth : data.Length];
        data.CopyTo(whole);
        return whole;
    }

    // Null where a tRNS means nothing: beside an alpha channel, and, as libpng has it, where it has more entries than the palette.
    static byte[]? Transparency(int depth, int colorType, int colors, ReadOnlySpan<byte> data)
    {
        if (colorType is 4 or 6 || (colorType == 3 && data.Length > colors))
            return null;
        int needed = colorType switch { 0 => 2, 2 => 6, _ => data.Length };
        if (data.Length != needed)
            throw new ImageFormatException($"tRNS has {data.Length} bytes instead of {needed}");
        byte[] key = data.ToArray();
        for (int i = 0; colorType != 3 && i < key.Length; i += 2)
        {
            if (depth == 16)
            {
                // ImageSharp takes these numbers in the wrong order of bytes.
                (key[i], key[i + 1]) = (key[i + 1], key[i]);
            }
            else
            {
                // Only the sample's bits count, says the standard.
                (key[i], key[i + 1]) = (0, (byte)(key[i + 1] & ((1 << depth) - 1)));
            }
        }
        return key;
    }

    static void Write(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] name = Encoding.ASCII.GetBytes(type);
        file.Write(name);
        file.Write(data);
        var crc = new Crc32();
        crc.Append(name);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
