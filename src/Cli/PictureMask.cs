using Dalle2.Data;
using Dalle2.Data.Pictures;

namespace Dalle2.Cli;

/// <summary>Which pixels of a picture are to be drawn.</summary>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="Pixels"><c>[height, width]</c>: true where it is drawn.</param>
sealed record PictureMask(int Width, int Height, bool[] Pixels)
{
    /// <summary>Reads a mask, white for what is drawn, and brings it to the model's side as the picture is brought there.</summary>
    /// <param name="path">Its file's name, for messages.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="picture">The picture that it lies over.</param>
    /// <param name="source">Fits pictures.</param>
    /// <exception cref="UserInputException">It is not as large as the picture, or names nothing, or all.</exception>
    public static PictureMask Read(string path, Image mask, Image picture, EmbeddingSource source)
    {
        if ((mask.Width, mask.Height) != (picture.Width, picture.Height))
        {
            throw new UserInputException($"{path}: the mask has {mask.Width} x {mask.Height} pixels, the picture {picture.Width} x "
                + $"{picture.Height}; make the mask as large as the picture");
        }

        // Of a pixel that is made of several, each counts: what is to vanish must not shine through at its edge. What is transparent or padded stays.
        PictureMask whole = Of(ImageTransform.Composite(mask, 0, 0, 0), 128);
        PictureMask fitted = Of(source.Fit(whole.ToImage(), new Rgb(0, 0, 0)), 1);
        if (!fitted.Pixels.Contains(true))
        {
            throw new UserInputException($"{path}: nothing is to be drawn; make white in the mask what is to be drawn anew"
                + (whole.Pixels.Contains(true) ? " (what is white is cut off, as the model sees the middle square alone)" : ""));
        }

        if (!fitted.Pixels.Contains(false))
        {
            throw new UserInputException(
                $"{path}: nothing stays; make black in the mask what is to stay, or draw a whole picture with 'dalle2 generate'");
        }

        return fitted;
    }

    /// <summary>What is as bright as that, of 255, is drawn.</summary>
    public static PictureMask Of(Image image, int brightness) => new(image.Width, image.Height,
        [.. image.Rgba.Chunk(4).Select(pixel => pixel[0] + pixel[1] + pixel[2] >= 3 * brightness)]);

    /// <summary>The mask in black and white.</summary>
    public Image ToImage() =>
        ImageTransform.FromFloats([.. Pixels.SelectMany(isDrawn => Enumerable.Repeat(isDrawn ? 1f : 0f, 3))], Width, Height);
}
