using System.Buffers.Binary;

namespace Dalle2.Data.Pictures;

/// <summary>What is set right about JPEG files before they are decoded.</summary>
static class JpegFile
{
    /// <summary>The file without the fill bytes that may stand before each marker of its header; ImageSharp takes them for a marker.</summary>
    public static byte[] WithoutFill(byte[] file)
    {
        MemoryStream? rest = null;
        int at = 2, kept = 0;
        while (at + 4 <= file.Length && file[at] == 0xFF)
        {
            int fill = 0;
            while (at + fill + 4 < file.Length && file[at + fill + 1] == 0xFF)
                fill++;
            if (fill > 0)
            {
                rest ??= new MemoryStream(file.Length);
                rest.Write(file, kept, at - kept);
                at += fill;
                kept = at;
            }
            // Behind the start of a scan stand pixels.
            if (file[at + 1] == 0xDA)
                break;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at + 2));
        }
        rest?.Write(file, kept, file.Length - kept);
        return rest?.ToArray() ?? file;
    }
}
