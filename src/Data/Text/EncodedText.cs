using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// The bytes of a text file as text, whoever wrote it: UTF-8, with a byte order mark or without; UTF-16 of either order with one, and
/// without one where the bytes leave no doubt. Nothing is guessed beyond that: bytes of another encoding are an error, not wrong letters.
/// </summary>
public static class EncodedText
{
    static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);
    static readonly UnicodeEncoding LittleEndian = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    static readonly UnicodeEncoding BigEndian = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);

    /// <summary>The text without its byte order mark; null where it cannot be told, and then <paramref name="fault"/> says why (<c>is not
    /// valid UTF-8</c>).</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, out string fault)
    {
        fault = "";
        if (bytes.StartsWith<byte>([0xFF, 0xFE, 0, 0]) || bytes.StartsWith<byte>([0, 0, 0xFE, 0xFF]))
        {
            fault = "is UTF-32, which is not read; save it as UTF-8";
            return null;
        }
        if (bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]))
        {
            string? wide = Strictly(bytes[0] == 0xFF ? LittleEndian : BigEndian, bytes[2..]);
            fault = wide is null ? "begins as UTF-16 and is damaged" : "";
            return wide;
        }
        // No text has zeros, and UTF-16 of nearly every language has some: line breaks, spaces and digits.
        if (bytes.Contains((byte)0))
        {
            fault = "contains zero bytes: it is neither UTF-8 nor plainly UTF-16; save it as UTF-8";
            if (IsTextWithStrayZeros(bytes))
                return null;
            string? little = Sensible(LittleEndian, bytes), big = Sensible(BigEndian, bytes);
            return little is null ? big : big is null ? little : null;
        }
        string? text = Strictly(Utf8, bytes.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes);
        fault = text is null ? "is not valid UTF-8" : "";
        return text;
    }

    /// <summary>The lines of a text, whatever ends them: line feed, carriage return, or both.</summary>
    public static string[] Lines(string text) => text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);

    static string? Strictly(Encoding encoding, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return encoding.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Letters two by two would pass for ideographs. In UTF-16 of letters every second byte is zero.
    static bool IsTextWithStrayZeros(ReadOnlySpan<byte> bytes)
    {
        byte[] rest = [.. bytes.ToArray().Where(b => b != 0)];
        return rest.Length > bytes.Length * 3 / 4 && Strictly(Utf8, rest) is { } text
            && !text.Any(c => char.IsControl(c) && !char.IsWhiteSpace(c));
    }

    // In the wrong order of bytes a space is U+2000 and a line feed U+0A00: nothing that anyone writes, as letters of no script are.
    static string? Sensible(Encoding encoding, ReadOnlySpan<byte> bytes) =>
        Strictly(encoding, bytes) is { } text && !text.EnumerateRunes().Any(IsStrange) ? text : null;

    static bool IsStrange(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control => rune.Value is not ('\n' or '\r' or '\t'),
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse => true,
        _ => rune.Value is >= 0x2000 and <= 0x200A or 0x0A00,
    };
}
