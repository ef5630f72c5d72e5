using System.IO.Compression;
using System.Text;

namespace Dalle2.Data;

/// <summary>The text chunks of PNG: tEXt (Latin-1), zTXt (the same, compressed) and iTXt (UTF-8).</summary>
internal static class PngText
{
    // No text that a person reads is longer; a compressed one could be.
    private const int MaxText = 1 << 24;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>tEXt where Latin-1 can say it, otherwise iTXt.</summary>
    public static (string Type, byte[] Data) Encode(string keyword, string value)
    {
        bool goodKeyword = keyword.Length is >= 1 and <= 79 && keyword.Trim() == keyword && !keyword.Contains("  ", StringComparison.Ordinal)
            && keyword.All(c => c is >= ' ' and <= '~' or > (char)160 and <= (char)255);
        if (!goodKeyword)
        {
            throw new ArgumentException($"'{keyword}' is no PNG keyword: 1 to 79 printable Latin-1 characters, no leading, trailing or double space", nameof(keyword));
        }
        if (value.Contains('\0'))
        {
            throw new ArgumentException($"the text of '{keyword}' contains a zero character, which PNG cannot hold", nameof(value));
        }
        // Latin-1 in PNG leaves out the control characters but line feed.
        bool latin = value.All(c => c == '\n' || c is >= ' ' and <= '~' or >= (char)160 and <= (char)255);
        byte[] key = Encoding.Latin1.GetBytes(keyword);
        return latin
            ? ("tEXt", [.. key, 0, .. Encoding.Latin1.GetBytes(value)])
            : ("iTXt", [.. key, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)]);
    }

    public static List<KeyValuePair<string, string>> Read(ReadOnlySpan<byte> file)
    {
        var found = new List<KeyValuePair<string, string>>();
        var chunks = new PngChunkReader(file);
        while (chunks.Next())
        {
            if (chunks.Type is "tEXt" or "zTXt" or "iTXt")
            {
                found.Add(Parse(chunks.Type, chunks.Data));
            }
        }
        return found;
    }

    private static KeyValuePair<string, string> Parse(string type, ReadOnlySpan<byte> data)
    {
        string keyword = Encoding.Latin1.GetString(Field(type, ref data));
        if (type == "tEXt")
        {
            return new(keyword, Encoding.Latin1.GetString(data));
        }
        if (data.Length < (type == "zTXt" ? 1 : 2))
        {
            throw new ImageFormatException($"the {type} chunk '{keyword}' ends early");
        }
        if (type == "zTXt")
        {
            return new(keyword, Encoding.Latin1.GetString(Inflate(type, keyword, data[0], data[1..])));
        }
        byte compressed = data[0], method = data[1];
        data = data[2..];
        Field(type, ref data);
        Field(type, ref data);
        try
        {
            return new(keyword, StrictUtf8.GetString(compressed != 0 ? Inflate(type, keyword, method, data) : data));
        }
        catch (DecoderFallbackException e)
        {
            throw new ImageFormatException($"the iTXt chunk '{keyword}' is not valid UTF-8", e);
        }
    }

    // Takes what stands before the next zero byte, and the zero byte.
    private static ReadOnlySpan<byte> Field(string type, ref ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf((byte)0);
        if (end < 0)
        {
            throw new ImageFormatException($"a {type} chunk lacks the zero byte after its keyword");
        }
        var field = data[..end];
        data = data[(end + 1)..];
        return field;
    }

    private static byte[] Inflate(string type, string keyword, byte method, ReadOnlySpan<byte> data)
    {
        if (method != 0)
        {
            throw new ImageFormatException($"the {type} chunk '{keyword}' has unknown compression method {method}");
        }
        try
        {
            using var inflater = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            using var target = new MemoryStream();
            var block = new byte[8192];
            for (int read; (read = inflater.Read(block)) > 0;)
            {
                target.Write(block, 0, read);
                if (target.Length > MaxText)
                {
                    throw new ImageFormatException($"the {type} chunk '{keyword}' holds more than {MaxText} bytes of text");
                }
            }
            return target.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw new ImageFormatException($"the compressed text of the {type} chunk '{keyword}' is damaged", e);
        }
    }
}
