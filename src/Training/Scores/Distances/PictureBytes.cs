using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Training.Scores.Distances;

/// <summary>
/// Square pictures as they are saved and seen, eight bits a channel. Drawings and real pictures are compared in this form alone, so that no picture is told from another
/// by what a file would not keep.
/// </summary>
public sealed class PictureBytes
{
    readonly byte[] pixels;

    /// <summary>Pictures.</summary>
    /// <param name="side">Their side in pixels.</param>
    /// <param name="pixels"><c>[N, side, side, 3]</c>; not copied.</param>
    /// <exception cref="ArgumentException">The bytes are no whole number of pictures.</exception>
    public PictureBytes(int side, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        (Side, this.pixels) = (side, pixels);
        if (pixels.Length % Length != 0)
            throw new ArgumentException($"{pixels.Length} bytes are no pictures of {side}x{side}", nameof(pixels));
    }

    /// <summary>Pixels across and down.</summary>
    public int Side { get; }

    /// <summary>Bytes of a picture.</summary>
    public int Length => 3 * Side * Side;

    /// <summary>How many there are.</summary>
    public int Count => pixels.Length / Length;

    /// <summary>One picture, <c>[side, side, 3]</c>.</summary>
    public ReadOnlySpan<byte> this[int index] => pixels.AsSpan(index * Length, Length);

    /// <summary>Drawings, rounded as a file rounds them; what is outside [0, 1] is clamped, NaN becomes black.</summary>
    /// <param name="pictures"><c>[side, side, 3]</c> each.</param>
    /// <param name="side">Their side.</param>
    public static PictureBytes Of(IReadOnlyList<float[]> pictures, int side) =>
        Pack(side, pictures.Count, i => ImageTransform.FromFloats(pictures[i], side, side));

    /// <summary>Prepared pictures.</summary>
    /// <param name="data">The pictures.</param>
    /// <param name="indices">Which, in this order.</param>
    /// <exception cref="Data.UserInputException">One is read again, and is not what it was.</exception>
    public static PictureBytes Of(PreparedData data, ReadOnlySpan<int> indices)
    {
        var pixels = new byte[indices.Length * 3 * data.Side * data.Side];
        data.CopyPictures(indices, pixels);
        return new PictureBytes(data.Side, pixels);
    }

    /// <summary>Some of them, in the order given.</summary>
    public PictureBytes Select(IReadOnlyList<int> indices)
    {
        var chosen = new byte[indices.Count * Length];
        for (int i = 0; i < indices.Count; i++)
            this[indices[i]].CopyTo(chosen.AsSpan(i * Length));
        return new PictureBytes(Side, chosen);
    }

    /// <summary>All of them at another side: areas are averaged on the way down, interpolated on the way up.</summary>
    public PictureBytes Resize(int side) =>
        side == Side ? this : Pack(side, Count, i => ImageTransform.ToSquare(ToImage(i), side));

    /// <summary>One picture, to show.</summary>
    public Image ToImage(int index)
    {
        var image = new Image(Side, Side);
        ReadOnlySpan<byte> picture = this[index];
        for (int p = 0; p < Side * Side; p++)
        {
            picture.Slice(3 * p, 3).CopyTo(image.Rgba.AsSpan(4 * p));
            image.Rgba[4 * p + 3] = byte.MaxValue;
        }

        return image;
    }

    static PictureBytes Pack(int side, int count, Func<int, Image> picture)
    {
        var packed = new PictureBytes(side, new byte[count * 3 * side * side]);
        Parallel.For(0, count, i => picture(i).CopyColors(packed.pixels.AsSpan(i * packed.Length, packed.Length)));
        return packed;
    }
}
