using System.Globalization;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Training.Drawing;

namespace Dalle2.Cli;

/// <summary>
/// The text chunks of a drawing that comes from a picture: <c>source</c>, the picture as the model saw it, and for inpainting <c>mask</c>, white for what was drawn, each a PNG in Base64, and <c>resample</c>.
/// The noise that was found behind a picture is found again.
/// </summary>
static class SourceChunks
{
    const string Picture = "source", Mask = "mask", Resample = "resample";

    /// <summary>The chunks.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Encode(SourcePicture source)
    {
        int side = (int)Math.Sqrt(source.Pixels.Length / 3);
        KeyValuePair<string, string> picture = new(Picture, Text(ImageTransform.FromFloats(source.Pixels, side, side)));
        return source.Mask is not { } mask ? [picture] :
        [
            picture, new(Mask, Text(new PictureMask(side, side, mask).ToImage())),
            new(Resample, source.Resamplings.ToString(CultureInfo.InvariantCulture)),
        ];
    }

    /// <summary>What a file's chunks say; null if it was drawn from noise alone.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="chunks">All of its chunks.</param>
    /// <exception cref="UserInputException">A chunk is not one that this program would write.</exception>
    public static SourcePicture? Decode(string path, IReadOnlyList<KeyValuePair<string, string>> chunks)
    {
        if (Find(Picture) is not { } picture)
            return null;
        float[] pixels = ImageTransform.ToFloats(Read(Picture, picture));
        if (Find(Mask) is not { } mask)
            return new SourcePicture(pixels);
        if (!int.TryParse(Find(Resample), NumberStyles.None, CultureInfo.InvariantCulture, out int resample) || resample < 1)
            throw new UserInputException($"{path}: its text chunk '{Resample}' is missing or no number, so another program saved it anew.");
        return new SourcePicture(pixels, PictureMask.Of(Read(Mask, mask), 128).Pixels, resample);

        string? Find(string key) => chunks.FirstOrDefault(chunk => chunk.Key == key).Value;

        Image Read(string key, string text)
        {
            byte[] bytes = new byte[text.Length];
            try
            {
                if (Convert.TryFromBase64String(text, bytes, out int length))
                    return PictureDecoder.Decode(bytes.AsSpan(0, length).ToArray());
            }
            catch (ImageFormatException fault)
            {
                throw new UserInputException($"{path}: its text chunk '{key}' is no picture ({fault.Message}).", fault);
            }

            throw new UserInputException($"{path}: its text chunk '{key}' is no picture in Base64.");
        }
    }

    static string Text(Image image) => Convert.ToBase64String(PictureEncoder.Png(image));
}
