using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Dalle2.Perf;

/// <summary>Damages a PNG file behind its compression: filters, pixels, palette, sizes and kinds of samples are changed, and the file is packed again with right checksums.</summary>
/// <param name="random">Decides the damage.</param>
sealed class PngPixelMutations(Random random)
{
    static readonly (int Depth, int Color)[] Kinds =
        [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (1, 3), (2, 3), (4, 3), (8, 3), (8, 4), (16, 4), (8, 6), (16, 6)];

    // First column and row of a pass, and steps from there.
    static readonly (int X, int Y, int Dx, int Dy)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The file with one to four such changes.</summary>
    /// <param name="file">A sound PNG file.</param>
    public byte[] Change(byte[] file)
    {
        List<(string Type, byte[] Data)> chunks = Split(file);
        byte[] header = [.. chunks[0].Data], pixels = Inflate(chunks);
        for (int changes = 1 + random.Next(4); changes > 0; changes--)
            ChangeOne(chunks, header, ref pixels);
        return Join(chunks, header, pixels);
    }

    void ChangeOne(List<(string Type, byte[] Data)> chunks, byte[] header, ref byte[] pixels)
    {
        switch (random.Next(10))
        {
            case 0:
                // Mostly filters that there are.
                foreach (int at in RowStarts(header))
                {
                    if (at < pixels.Length && random.Next(2) == 0)
                        pixels[at] = (byte)random.Next(random.Next(200) == 0 ? 256 : 5);
                }

                break;
            case 1:
                for (int i = 1 + random.Next(16); i > 0 && pixels.Length > 0; i--)
                    pixels[random.Next(pixels.Length)] = (byte)random.Next(random.Next(2) == 0 ? 5 : 256);
                pixels = Fit(header, pixels);
                break;
            case 2:
                pixels = Fit(header, RandomBytes(pixels.Length));
                break;
            case 3:
                Resize(header);
                pixels = Fit(header, pixels);
                break;
            case 4:
                var (depth, color) = Kinds[random.Next(Kinds.Length)];
                (header[8], header[9]) = ((byte)depth, (byte)color);
                if (color == 3 && random.Next(4) != 0)
                    Replace(chunks, "PLTE", RandomBytes(3 * (1 + random.Next(1 << depth))));
                pixels = Fit(header, pixels);
                break;
            case 5:
                header[12] ^= 1;
                pixels = Fit(header, pixels);
                break;
            case 6:
                Replace(chunks, "PLTE", RandomBytes(3 * (1 + random.Next(1 << Math.Min(8, (int)header[8])))));
                break;
            case 7:
                Replace(chunks, "tRNS", RandomBytes(random.Next(2) == 0 ? random.Next(8) : random.Next(260)));
                break;
            case 8 when random.Next(4) == 0:
                // The header says one thing, the pixels are of another.
                Resize(header);
                break;
            case 8 when random.Next(4) == 0:
                pixels = [.. pixels.Take(pixels.Length - random.Next(9)), .. RandomBytes(random.Next(9))];
                break;
            case 9 when chunks.Count > 2 && random.Next(4) == 0:
                int from = 1 + random.Next(chunks.Count - 1);
                chunks.Insert(1 + random.Next(chunks.Count), chunks[from]);
                if (random.Next(2) == 0)
                    chunks.RemoveAt(from);
                break;
        }
    }

    void Resize(byte[] header)
    {
        // Few large ones, which take long; odd and narrow ones show most.
        int top = random.Next(500) == 0 ? 1 << 11 : random.Next(8) == 0 ? 300 : 24;
        BinaryPrimitives.WriteInt32BigEndian(header, 1 + random.Next(top));
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 1 + random.Next(top));
    }

    // As many bytes as the header asks for, each row with a filter that there is.
    static byte[] Fit(byte[] header, byte[] pixels)
    {
        byte[] fitting = new byte[Length(header)];
        for (int at = 0; at < fitting.Length && pixels.Length > 0; at += pixels.Length)
            pixels.AsSpan(0, Math.Min(pixels.Length, fitting.Length - at)).CopyTo(fitting.AsSpan(at));
        foreach (int at in RowStarts(header))
            fitting[at] %= 5;
        return fitting;
    }

    static int Length(byte[] header) => Rows(header).Sum(pass => pass.Rows * pass.Bytes);

    static IEnumerable<int> RowStarts(byte[] header)
    {
        int at = 0;
        foreach (var (rows, bytes) in Rows(header))
        {
            for (int y = 0; y < rows; y++, at += bytes)
                yield return at;
        }
    }

    static IEnumerable<(int Rows, int Bytes)> Rows(byte[] header)
    {
        int width = BinaryPrimitives.ReadInt32BigEndian(header), height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        int bits = header[8] * (header[9] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 });
        foreach (var (x, y, dx, dy) in header[12] == 1 ? Passes : [(0, 0, 1, 1)])
        {
            if (width > x && height > y)
                yield return ((height - y + dy - 1) / dy, 1 + ((width - x + dx - 1) / dx * bits + 7) / 8);
        }
    }

    byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    static void Replace(List<(string Type, byte[] Data)> chunks, string type, byte[] data)
    {
        int at = chunks.FindIndex(chunk => chunk.Type == type);
        if (at >= 0)
            chunks[at] = (type, data);
        else if (chunks.FindIndex(chunk => chunk.Type == "IDAT") is > 0 and var first)
            chunks.Insert(first, (type, data));
    }

    static List<(string Type, byte[] Data)> Split(byte[] file)
    {
        List<(string, byte[])> chunks = [];
        for (int at = 8, length; at < file.Length; at += 12 + length)
        {
            length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            chunks.Add((Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
        }
        return chunks;
    }

    static byte[] Inflate(List<(string Type, byte[] Data)> chunks)
    {
        byte[] compressed = [.. chunks.Where(chunk => chunk.Type == "IDAT").SelectMany(chunk => chunk.Data)];
        using var inflater = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var pixels = new MemoryStream();
        inflater.CopyTo(pixels);
        return pixels.ToArray();
    }

    byte[] Join(List<(string Type, byte[] Data)> chunks, byte[] header, byte[] pixels)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        Write(file, "IHDR", header);
        bool written = false;
        foreach (var (type, data) in chunks.Skip(1))
        {
            if (type != "IDAT")
                Write(file, type, data);
            else if (!written)
                WritePixels(file, pixels);
            written |= type == "IDAT";
        }
        return file.ToArray();
    }

    // Packed in one of four ways, in one chunk or several, empty ones among them.
    void WritePixels(MemoryStream file, byte[] pixels)
    {
        using var target = new MemoryStream();
        using (var deflater = new ZLibStream(target, (CompressionLevel)random.Next(4), leaveOpen: true))
            deflater.Write(pixels);
        byte[] compressed = target.ToArray();
        for (int at = 0, next; at < compressed.Length; at = next)
        {
            next = random.Next(2) == 0 ? compressed.Length : random.Next(at, compressed.Length + 1);
            Write(file, "IDAT", compressed.AsSpan(at, next - at));
        }
    }

    static void Write(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = [0, 0, 0, 0, .. Encoding.ASCII.GetBytes(type), .. data, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, chunk.Length - 8)));
        file.Write(chunk);
    }
}
