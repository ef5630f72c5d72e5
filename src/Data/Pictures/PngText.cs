using System.IO.Compression;
using System.Text;

namespace Dalle2.Data.Pictures;

/// <summary>The text chunks of PNG: tEXt (Latin-1), zTXt (the same, compressed) and iTXt (UTF-8). ImageSharp would unpack them without a bound.</summary>
public static class PngText
{
    // No text that a person reads is longer, all chunks of a file together; compressed ones could be.
    const int MaxText = 1 << 24;

    static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Checks that a text chunk can hold this.</summary>
    /// <exception cref="ArgumentException">The keyword is not 1 to 79 printable Latin-1 characters, or the text contains a zero.</exception>
    internal static void Require(string keyword, string value)
    {
        bool goodKeyword = keyword.Length is >= 1 and <= 79 && keyword.Trim() == keyword
            && !keyword.Contains("  ", StringComparison.Ordinal)
            && keyword.All(c => c is >= ' ' and <= '~' or > (char)160 and <= (char)255);
        if (!goodKeyword)
        {
            throw new ArgumentException(
                $"'{keyword}' is no PNG keyword: 1 to 79 printable Latin-1 characters, no leading, trailing or double space",
                nameof(keyword));
        }
        if (value.Contains('\0'))
            throw new ArgumentException($"the text of '{keyword}' contains a zero character, which PNG cannot hold", nameof(value));
    }

    /// <summary>The keywords and texts of a PNG file's tEXt, zTXt and iTXt chunks, in file order. The pixels are not decoded.</summary>
    /// <exception cref="ImageFormatException">The file is no PNG, its chunks are damaged, or its texts are longer than 16 MB together.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(ReadOnlySpan<byte> file)
    {
        int room = MaxText;
        var found = new List<KeyValuePair<string, string>>();
        var chunks = new PngChunkReader(file);
        while (chunks.Next())
        {
            if (chunks.Type is "tEXt" or "zTXt" or "iTXt")
                found.Add(Parse(chunks.Type, chunks.Data, ref room));
        }
        return found;
    }

    static KeyValuePair<string, string> Parse(string type, ReadOnlySpan<byte> data, ref int room)
    {
        string keyword = Encoding.Latin1.GetString(Field(type, ref data));
        if (type == "tEXt")
            return new(keyword, Encoding.Latin1.GetString(data));
        if (data.Length < (type == "zTXt" ? 1 : 2))
            throw new ImageFormatException($"the {type} chunk '{keyword}' ends early");
        if (type == "zTXt")
            return new(keyword, Encoding.Latin1.GetString(Inflate(type, keyword, data[0], data[1..], ref room)));
        byte compressed = data[0], method = data[1];
        data = data[2..];
        Field(type, ref data);
        Field(type, ref data);
        try
        {
            return new(keyword, StrictUtf8.GetString(compressed != 0 ? Inflate(type, keyword, method, data, ref room) : data));
        }
        catch (DecoderFallbackException e)
        {
            throw new ImageFormatException($"the iTXt chunk '{keyword}' is not valid UTF-8", e);
        }
    }

    // Takes what stands before the next zero byte, and the zero byte.
    static ReadOnlySpan<byte> Field(string type, ref ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf((byte)0);
        if (end < 0)
            throw new ImageFormatException($"a {type} chunk lacks the zero byte after its keyword");
        var field = data[..end];
        data = data[(end + 1)..];
        return field;
    }

    static byte[] Inflate(string type, string keyword, byte method, ReadOnlySpan<byte> data, ref int room)
    {
        if (method != 0)
            throw new ImageFormatException($"the {type} chunk '{keyword}' has unknown compression method {method}");
        try
        {
            using var inflater = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            using var target = new MemoryStream();
            var block = new byte[8192];
            for (int read; (read = inflater.Read(block)) > 0;)
            {
                target.Write(block, 0, read);
                if (target.Length > room)
                    throw new ImageFormatException($"the {type} chunk '{keyword}' brings the texts to more than {MaxText} bytes");
            }
            room -= (int)target.Length;
            return target.ToArray();
        }
        // A stream that asks for a preset dictionary is met with an IOException of its own kind.
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new ImageFormatException($"the compressed text of the {type} chunk '{keyword}' is damaged", e);
        }
    }
}
