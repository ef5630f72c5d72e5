using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace Dalle2.Data.Pictures;

/// <summary>Writes 8-bit PNG: RGB when every pixel is opaque, otherwise RGBA. The same picture always gives the same bytes.</summary>
public static class PictureEncoder
{
    /// <summary>Encodes a picture with text chunks, in their order; none by default.</summary>
    /// <exception cref="ArgumentException">A keyword is not 1 to 79 printable Latin-1 characters, or a text contains a zero.</exception>
    public static byte[] Png(Image image, IReadOnlyList<KeyValuePair<string, string>>? text = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var source = SixLabors.ImageSharp.Image.LoadPixelData<Rgba32>(image.Rgba, image.Width, image.Height);
        var metadata = source.Metadata.GetPngMetadata();
        foreach (var (keyword, value) in text ?? [])
        {
            PngText.Require(keyword, value);
            metadata.TextData.Add(new PngTextData(keyword, value, "", ""));
        }
        bool opaque = true;
        for (int i = 3; i < image.Rgba.Length && opaque; i += 4)
            opaque = image.Rgba[i] == 255;
        using var file = new MemoryStream();
        source.Save(file, new PngEncoder
        {
            ColorType = opaque ? PngColorType.Rgb : PngColorType.RgbWithAlpha,
            BitDepth = PngBitDepth.Bit8,
            FilterMethod = PngFilterMethod.Adaptive,
            // The hidden colors of transparent pixels are kept.
            TransparentColorMode = PngTransparentColorMode.Preserve,
            // A text is looked for by other programs too, so it stays readable.
            TextCompressionThreshold = int.MaxValue,
        });
        return file.ToArray();
    }
}
