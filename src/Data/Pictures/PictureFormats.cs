using System.Text;

namespace Dalle2.Data.Pictures;

/// <summary>The formats that are read, by file name and by a file's first bytes.</summary>
public static class PictureFormats
{
    /// <summary>The formats that are read, as a message lists them.</summary>
    public const string Readable = "PNG, JPEG, WebP, GIF, BMP, TIFF, TGA and PBM/PGM/PPM";

    static readonly HashSet<string> ReadableEndings = new(StringComparer.OrdinalIgnoreCase)
    {
        ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".webp", ".gif", ".bmp", ".dib",
        ".tif", ".tiff", ".tga", ".targa", ".icb", ".vda", ".vst", ".pbm", ".pgm", ".ppm", ".pnm",
    };

    // They count as pictures, so that they are reported and not passed over.
    static readonly HashSet<string> OtherEndings = new(StringComparer.OrdinalIgnoreCase)
    {
        ".avif", ".heic", ".heif", ".jxl", ".jp2", ".ico", ".psd", ".svg", ".exr", ".hdr", ".qoi", ".pam",
    };

    /// <summary>Whether a file of this name is a picture, of a format that is read or of one that is refused.</summary>
    public static bool IsPictureName(string path)
    {
        string ending = Path.GetExtension(path);
        return ReadableEndings.Contains(ending) || OtherEndings.Contains(ending);
    }

    /// <summary>The usual ending of a file that is read, by its first bytes; TGA has none that tell it.</summary>
    internal static string EndingOf(ReadOnlySpan<byte> file) => IsPng(file) ? ".png" : IsJpeg(file) ? ".jpg" : IsWebp(file) ? ".webp"
        : IsTiff(file) ? ".tif" : IsBmp(file) ? ".bmp" : IsPbm(file) ? ".pnm" : file.StartsWith("GIF8"u8) ? ".gif" : ".tga";

    internal static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(PngChunkReader.Signature);

    internal static bool IsJpeg(ReadOnlySpan<byte> file) => file.StartsWith(new byte[] { 0xFF, 0xD8, 0xFF });

    internal static bool IsWebp(ReadOnlySpan<byte> file) =>
        file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8);

    internal static bool IsTiff(ReadOnlySpan<byte> file) => file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8);

    internal static bool IsBmp(ReadOnlySpan<byte> file) => file.StartsWith("BM"u8);

    internal static bool IsPbm(ReadOnlySpan<byte> file) =>
        file.Length > 2 && file[0] == 'P' && file[1] is >= (byte)'1' and <= (byte)'6' && char.IsWhiteSpace((char)file[2]);

    /// <summary>The name of a format that is not read, or null where the bytes are of none of them.</summary>
    internal static string? RecognizeOther(ReadOnlySpan<byte> file)
    {
        string start = Encoding.Latin1.GetString(file[..Math.Min(file.Length, 16)]);
        bool Has(int at, string text) => start.Length >= at + text.Length && string.CompareOrdinal(start, at, text, 0, text.Length) == 0;
        return Has(4, "ftypavif") || Has(4, "ftypavis") ? "AVIF"
            : Has(4, "ftyphei") || Has(4, "ftypmif1") || Has(4, "ftyphev") ? "HEIC"
            : Has(0, "\0\0\u0001\0") ? "ICO"
            : Has(0, "8BPS") ? "Photoshop"
            : Has(0, "\u00ff\u000a") || Has(4, "JXL ") ? "JPEG XL"
            : Has(4, "jP  ") ? "JPEG 2000"
            : Has(0, "%PDF") ? "PDF"
            : Has(0, "<svg") || Has(0, "<?xml") ? "SVG or XML"
            : Has(0, "<!DOCTYPE") || Has(0, "<!doctype") || Has(0, "<html") ? "HTML"
            : Has(0, "\u008aMNG") ? "MNG"
            : Has(0, "qoif") ? "QOI"
            : Has(0, "P7\n") ? "PAM" : null;
    }
}
