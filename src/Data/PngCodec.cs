namespace Dalle2.Data;

/// <summary>
/// PNG, managed: reads every colour type, bit depth, filter, Adam7 and tRNS; writes 8-bit RGB or RGBA with text chunks.
/// Reading is strict: a CRC, a size, a palette index or an amount of pixel data that does not fit is an <see cref="ImageFormatException"/>.
/// </summary>
public sealed class PngCodec : IImageCodec
{
    /// <inheritdoc/>
    public string Name => "PNG";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".png"];

    /// <inheritdoc/>
    public bool CanEncode => true;

    /// <inheritdoc/>
    public bool CanDecode(ReadOnlySpan<byte> header) => header.StartsWith(PngChunkReader.Signature);

    /// <inheritdoc/>
    public Image Decode(ReadOnlySpan<byte> file) => PngDecoder.Decode(file);

    /// <inheritdoc/>
    public byte[] Encode(Image image) => PngEncoder.Encode(image, []);

    /// <summary>Encodes with text chunks, in their order: tEXt where Latin-1 can say the text, otherwise iTXt.</summary>
    /// <exception cref="ArgumentException">A keyword is not 1 to 79 printable Latin-1 characters, or a text contains a zero.</exception>
    public static byte[] Encode(Image image, IReadOnlyList<KeyValuePair<string, string>> text) => PngEncoder.Encode(image, text);

    /// <summary>The keywords and texts of a PNG file's tEXt, zTXt and iTXt chunks, in file order. The pixels are not decoded.</summary>
    /// <exception cref="ImageFormatException">The file is no PNG or its chunks are damaged.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> ReadText(ReadOnlySpan<byte> file) => PngText.Read(file);
}
