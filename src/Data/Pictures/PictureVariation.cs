namespace Dalle2.Data.Pictures;

/// <summary>One way to vary a prepared picture.</summary>
/// <param name="Right">Pixels that it moves to the right, to the left where negative; what comes into sight is the edge's color.</param>
/// <param name="Down">Pixels that it moves down, up where negative.</param>
/// <param name="Mirrored">Whether left and right change places first.</param>
/// <param name="Brightness">What each value is multiplied by, 1 leaves it.</param>
public readonly record struct PictureVariation(int Right, int Down, bool Mirrored, float Brightness)
{
    /// <summary>The picture as it is.</summary>
    public static PictureVariation None => new(0, 0, false, 1);

    /// <summary>Writes the varied picture; both are <c>[side, side, 3]</c> bytes and may not overlap.</summary>
    public void Apply(ReadOnlySpan<byte> picture, int side, Span<byte> target)
    {
        if (picture.Length != 3L * side * side || target.Length != picture.Length)
            throw new ArgumentException($"{picture.Length} and {target.Length} bytes are not both [{side}, {side}, 3]", nameof(picture));
        for (int y = 0; y < side; y++)
        {
            // The edge goes on beyond it: a padded picture's edge is its background.
            int row = Math.Clamp(y - Down, 0, side - 1) * side;
            for (int x = 0; x < side; x++)
            {
                int column = Math.Clamp(x - Right, 0, side - 1);
                int from = 3 * (row + (Mirrored ? side - 1 - column : column)), to = 3 * (y * side + x);
                for (int c = 0; c < 3; c++)
                {
                    target[to + c] = Brightness == 1 ? picture[from + c]
                        : (byte)Math.Min(255, (int)(picture[from + c] * Brightness + 0.5f));
                }
            }
        }
    }
}
