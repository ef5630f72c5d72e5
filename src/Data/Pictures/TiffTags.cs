using System.Buffers.Binary;

namespace Dalle2.Data.Pictures;

/// <summary>Single numbers of a TIFF file's first directory; Exif data are such a file too.</summary>
static class TiffTags
{
    public const int Orientation = 0x0112;

    const int Compression = 0x0103, Photometric = 0x0106;

    /// <summary>The first value of a tag; null where it is not there or the file makes no sense.</summary>
    public static long? Find(ReadOnlySpan<byte> tiff, int tag)
    {
        if (tiff.Length < 8)
            return null;
        bool little = tiff[0] == (byte)'I';
        uint Long(ReadOnlySpan<byte> at) => little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);
        int Short(ReadOnlySpan<byte> at) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
        uint first = Long(tiff[4..]);
        if (first > (uint)tiff.Length - 2)
            return null;
        const int longType = 4;
        int count = Short(tiff[(int)first..]);
        for (int i = 0, at = (int)first + 2; i < count && at + 12 <= tiff.Length; i++, at += 12)
        {
            var entry = tiff.Slice(at, 12);
            if (Short(entry) == tag)
                return Short(entry[2..]) == longType ? Long(entry[8..]) : Short(entry[8..]);
        }
        return null;
    }

    /// <summary>Whether a fax picture says that its zeros are black: ImageSharp takes them for white, whatever is said.</summary>
    public static bool IsInvertedFax(ReadOnlySpan<byte> file) =>
        PictureFormats.IsTiff(file) && Find(file, Compression) is (2 or 3 or 4) && Find(file, Photometric) == 1;
}
