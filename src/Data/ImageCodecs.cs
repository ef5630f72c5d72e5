using System.Text;

namespace Dalle2.Data;

/// <summary>Every codec, chosen by what a file contains, whatever its name says.</summary>
public static class ImageCodecs
{
    /// <summary>The codecs, in the order they are asked.</summary>
    public static IReadOnlyList<IImageCodec> All { get; } = [new PngCodec(), new JpegTurboCodec()];

    /// <summary>Whether a file of this name may be a picture that some codec reads.</summary>
    public static bool IsPictureName(string path)
    {
        string extension = Path.GetExtension(path).ToLowerInvariant();
        return All.Any(codec => codec.Extensions.Contains(extension));
    }

    /// <summary>Decodes a file's bytes.</summary>
    /// <exception cref="ImageFormatException">The bytes are damaged, or of a format that is not read; it is named when recognised.</exception>
    /// <exception cref="UserInputException">The format's library is not on this machine; the message names the package.</exception>
    public static Image Decode(ReadOnlySpan<byte> file)
    {
        if (file.Length == 0)
        {
            throw new ImageFormatException("the file is empty");
        }
        foreach (var codec in All)
        {
            if (codec.CanDecode(file))
            {
                return codec.Decode(file);
            }
        }
        string readable = string.Join(" and ", All.Select(codec => codec.Name));
        throw new ImageFormatException(Recognise(file) is { } format
            ? $"it is a {format} file; only {readable} are read, so convert it first"
            : $"it is no picture that is read here ({readable})");
    }

    /// <summary>Reads and decodes a file.</summary>
    /// <exception cref="BrokenSampleException">The file cannot be read or is no sound picture; the message has the path.</exception>
    public static Image Decode(string path)
    {
        try
        {
            return Decode(File.ReadAllBytes(path));
        }
        catch (ImageFormatException e)
        {
            throw new BrokenSampleException(path, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BrokenSampleException(path, e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message, e);
        }
    }

    private static string? Recognise(ReadOnlySpan<byte> file)
    {
        string start = Encoding.Latin1.GetString(file[..Math.Min(file.Length, 16)]);
        bool Has(int at, string text) => string.CompareOrdinal(start, at, text, 0, text.Length) == 0;
        return Has(0, "GIF8") ? "GIF"
            : Has(0, "RIFF") && Has(8, "WEBP") ? "WebP"
            : Has(0, "BM") ? "BMP"
            : Has(0, "II*\0") || Has(0, "MM\0*") ? "TIFF"
            : Has(4, "ftypavif") ? "AVIF"
            : Has(4, "ftyphei") || Has(4, "ftypmif1") ? "HEIC"
            : Has(0, "\0\0\u0001\0") ? "ICO"
            : Has(0, "8BPS") ? "Photoshop"
            : Has(0, "\u00ff\u000a") || Has(4, "JXL ") ? "JPEG XL"
            : Has(4, "jP  ") ? "JPEG 2000"
            : Has(0, "%PDF") ? "PDF"
            : Has(0, "<svg") || Has(0, "<?xml") ? "SVG or XML"
            : Has(0, "<!DOCTYPE") || Has(0, "<html") ? "HTML"
            : Has(0, "\u008aMNG") ? "MNG"
            : start.Length > 2 && start[0] == 'P' && start[1] is >= '1' and <= '7' && char.IsWhiteSpace(start[2]) ? "PNM" : null;
    }
}
