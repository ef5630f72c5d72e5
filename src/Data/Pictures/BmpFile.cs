using System.Buffers.Binary;

namespace Dalle2.Data.Pictures;

/// <summary>What is checked about BMP files before they are decoded.</summary>
static class BmpFile
{
    /// <summary>The file itself. ImageSharp would allocate whatever lies before the pixels as a palette.</summary>
    /// <exception cref="ImageFormatException">Its pixels are said to lie behind its end.</exception>
    public static byte[] Checked(byte[] file) =>
        file.Length >= 14 && BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(10)) is var at && at <= file.Length
            ? file : throw new ImageFormatException($"it is truncated: its pixels lie behind its {file.Length} bytes");
}
