using Dalle2.Data.Pictures;

namespace Dalle2.Data.Idx;

/// <summary>Pictures of one size with their labels: <c>[N, height, width]</c> bytes of gray, or <c>[N, height, width, 3]</c> of red, green and blue.</summary>
sealed class IdxPictures
{
    readonly byte[] pixels;
    readonly int channels;

    /// <summary>Reads two files.</summary>
    /// <exception cref="UserInputException">One cannot be read, or they contradict each other.</exception>
    public IdxPictures(string images, string labels)
    {
        IdxFile file = IdxFile.Read(images, 3, 4);
        (int count, Height, Width) = (file.Axes[0], file.Axes[1], file.Axes[2]);
        channels = file.Axes.Count == 4 ? file.Axes[3] : 1;
        if (Height == 0 || Width == 0 || (file.Axes.Count == 4 && channels != 3))
        {
            throw new UserInputException($"'{VisibleText.Of(images)}' has {string.Join(" x ", file.Axes)} bytes: pictures are "
                + "[N, height, width] or [N, height, width, 3].");
        }

        pixels = file.Content;
        Labels = IdxFile.Read(labels, 1).Require(count).Content;
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>The label of each picture.</summary>
    public IReadOnlyList<byte> Labels { get; }

    /// <summary>A picture, opaque.</summary>
    public Image Picture(int index)
    {
        var image = new Image(Width, Height);
        int size = Width * Height;
        for (int i = 0; i < size; i++)
        {
            var at = image.Rgba.AsSpan(4 * i, 4);
            if (channels == 1)
                at[..3].Fill(pixels[index * size + i]);
            else
                pixels.AsSpan(3 * (index * size + i), 3).CopyTo(at);
            at[3] = 255;
        }

        return image;
    }
}
