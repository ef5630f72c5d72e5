namespace Dalle2.Data;

/// <summary>Reads, and where it can writes, one file format of pictures. Implementations are thread-safe.</summary>
public interface IImageCodec
{
    /// <summary>The format's usual name: <c>PNG</c>.</summary>
    string Name { get; }

    /// <summary>File name endings in lower case, with the dot.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether the codec writes files as well.</summary>
    bool CanEncode { get; }

    /// <summary>Whether a file that begins with these bytes (16 are enough) is of this format.</summary>
    bool CanDecode(ReadOnlySpan<byte> header);

    /// <summary>Decodes a whole file to 8-bit straight RGBA. Embedded gamma and colour profiles are not applied.</summary>
    /// <exception cref="ImageFormatException">The file is damaged or contradicts itself.</exception>
    /// <exception cref="UserInputException">What the codec needs is not on this machine.</exception>
    Image Decode(ReadOnlySpan<byte> file);

    /// <summary>Encodes a picture; the same picture always gives the same bytes.</summary>
    /// <exception cref="NotSupportedException"><see cref="CanEncode"/> is false.</exception>
    byte[] Encode(Image image);
}
