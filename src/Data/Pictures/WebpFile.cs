using System.Buffers.Binary;

namespace Dalle2.Data.Pictures;

/// <summary>The chunks of a WebP file (RIFF): the first frame of an animation, and the Exif chunk.</summary>
static class WebpFile
{
    /// <summary>The file itself, or where it is an animation its first frame as a file of its own; ImageSharp reads no animations.</summary>
    /// <exception cref="ImageFormatException">It is cut off, or an animation without a whole frame.</exception>
    public static byte[] FirstFrame(byte[] file)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4)) + 8L > file.Length)
        {
            throw new ImageFormatException(
                $"it is truncated: it says {BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4)) + 8L} bytes, {file.Length} are there");
        }
        // Behind the width, height, duration and flags of a frame stand the chunks of a picture.
        const int frameHeader = 16;
        bool animated = file.Length > 20 && file.AsSpan(12).StartsWith("VP8X"u8) && (file[20] & 2) != 0;
        if (!animated)
            return file;
        var frame = Find(file, "ANMF"u8);
        if (frame.Length < frameHeader + 8)
            throw new ImageFormatException("it is truncated: an animation without a whole frame");
        var chunks = frame[frameHeader..];
        byte[] still = new byte[12 + 18 + chunks.Length];
        "RIFF"u8.CopyTo(still);
        BinaryPrimitives.WriteInt32LittleEndian(still.AsSpan(4), still.Length - 8);
        "WEBPVP8X"u8.CopyTo(still.AsSpan(8));
        still[16] = 10;
        // Only a lossy picture has its alpha in a chunk beside it, but the flag is for both.
        still[20] = 0x10;
        // Width and height, less one, three bytes each.
        frame.Slice(6, 6).CopyTo(still.AsSpan(24));
        chunks.CopyTo(still.AsSpan(30));
        return still;
    }

    /// <summary>The content of the first chunk of a name; empty where there is none, or where it is cut off.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        for (long at = 12; at + 8 <= file.Length;)
        {
            var chunk = file[(int)at..];
            long length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith(name))
                return length <= chunk.Length - 8 ? chunk.Slice(8, (int)length) : [];
            at += 8 + length + (length & 1);
        }
        return [];
    }
}
