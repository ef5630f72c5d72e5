using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Dalle2.Data.Pictures;

/// <summary>Walks the chunks of a PNG file and checks signature, lengths, types and CRCs.</summary>
ref struct PngChunkReader
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    readonly ReadOnlySpan<byte> file;
    int position;

    public PngChunkReader(ReadOnlySpan<byte> file)
    {
        if (file.Length == 0)
            throw new ImageFormatException("the file is empty");
        if (!file.StartsWith(Signature))
            throw new ImageFormatException("it does not begin with the PNG signature");
        this.file = file;
        position = Signature.Length;
    }

    /// <summary>The four letters of the current chunk.</summary>
    public string Type { get; private set; } = "";

    /// <summary>The current chunk's content.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Where the current chunk's content starts in the file.</summary>
    public readonly int DataOffset => position - 4 - Data.Length;

    /// <summary>Steps to the next chunk; false after IEND, whatever bytes follow it.</summary>
    public bool Next()
    {
        if (Type == "IEND")
            return false;
        var rest = file[position..];
        if (rest.Length < 12)
        {
            throw new ImageFormatException(
                $"it is truncated: {rest.Length} bytes at offset {position} are no chunk, and IEND has not been seen");
        }
        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        var typeBytes = rest.Slice(4, 4);
        foreach (byte letter in typeBytes)
        {
            if (!char.IsAsciiLetter((char)letter))
                throw new ImageFormatException($"the chunk type at offset {position + 4} is not four letters");
        }
        Type = Encoding.ASCII.GetString(typeBytes);
        if (length > (uint)rest.Length - 12)
        {
            throw new ImageFormatException(
                $"it is truncated: chunk {Type} at offset {position} says {length} bytes, {rest.Length - 12} are there");
        }
        uint stored = BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + (int)length)..]);
        uint computed = Crc32.HashToUInt32(rest.Slice(4, 4 + (int)length));
        if (stored != computed)
        {
            throw new ImageFormatException(
                $"the CRC of chunk {Type} at offset {position} does not match: {stored:x8} is stored, the content gives {computed:x8}");
        }
        Data = rest.Slice(8, (int)length);
        position += 12 + (int)length;
        return true;
    }
}
