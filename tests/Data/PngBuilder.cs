using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Dalle2.Tests.Data;

/// <summary>Writes PNG files chunk by chunk, with right CRCs and whatever lies a test wants inside.</summary>
sealed class PngBuilder
{
    readonly List<byte> bytes = [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10];

    public PngBuilder Header(uint width, uint height, byte depth, byte color, byte compression = 0, byte filter = 0, byte interlace = 0)
    {
        var data = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(data, width);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[10], data[11], data[12]) = (depth, color, compression, filter, interlace);
        return Chunk("IHDR", data);
    }

    public PngBuilder Chunk(string type, params byte[] data)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        byte[] body = [.. Encoding.Latin1.GetBytes(type), .. data];
        var crc = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc(body));
        bytes.AddRange([.. length, .. body, .. crc]);
        return this;
    }

    public PngBuilder Pixels(params byte[] rows) => Chunk("IDAT", Deflate(rows));

    public byte[] End() => [.. Chunk("IEND").bytes];

    public byte[] WithoutEnd() => [.. bytes];

    public static byte[] Deflate(byte[] data)
    {
        using var target = new MemoryStream();
        using (var stream = new ZLibStream(target, CompressionLevel.Fastest))
        {
            stream.Write(data);
        }
        return target.ToArray();
    }

    // Bit by bit, from the polynomial: not the table that the codec uses.
    static uint Crc(byte[] data)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
