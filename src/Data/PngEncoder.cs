using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Dalle2.Data;

/// <summary>Writes 8-bit PNG: RGB when every pixel is opaque, otherwise RGBA; each row takes the filter with the least sum of absolute values.</summary>
internal static class PngEncoder
{
    public static byte[] Encode(Image image, IReadOnlyList<KeyValuePair<string, string>> text)
    {
        bool opaque = true;
        for (int i = 3; i < image.Rgba.Length && opaque; i += 4)
        {
            opaque = image.Rgba[i] == 255;
        }
        using var file = new MemoryStream();
        file.Write(PngChunkReader.Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;
        header[9] = (byte)(opaque ? PngHeader.Rgb : PngHeader.RgbAlpha);
        WriteChunk(file, "IHDR", header);
        foreach (var (keyword, value) in text)
        {
            var (type, data) = PngText.Encode(keyword, value);
            WriteChunk(file, type, data);
        }
        WriteChunk(file, "IDAT", Compress(image, opaque ? 3 : 4));
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    private static byte[] Compress(Image image, int channels)
    {
        using var target = new MemoryStream();
        using (var deflater = new ZLibStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            int bytes = channels * image.Width;
            byte[] row = new byte[bytes], above = new byte[bytes], candidate = new byte[1 + bytes], best = new byte[1 + bytes];
            for (int y = 0; y < image.Height; y++)
            {
                for (int x = 0; x < image.Width; x++)
                {
                    image.Pixel(x, y)[..channels].CopyTo(row.AsSpan(channels * x));
                }
                long least = long.MaxValue;
                for (int filter = 0; filter < 5; filter++)
                {
                    candidate[0] = (byte)filter;
                    PngFilter.Apply(filter, row, above, channels, candidate.AsSpan(1));
                    long sum = 0;
                    foreach (byte b in candidate.AsSpan(1))
                    {
                        sum += Math.Abs((sbyte)b == sbyte.MinValue ? 128 : (sbyte)b);
                    }
                    if (sum < least)
                    {
                        least = sum;
                        (best, candidate) = (candidate, best);
                    }
                }
                deflater.Write(best);
                (row, above) = (above, row);
            }
        }
        return target.ToArray();
    }

    private static void WriteChunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        var name = Encoding.ASCII.GetBytes(type);
        file.Write(name);
        file.Write(data);
        var crc = new Crc32();
        crc.Append(name);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
