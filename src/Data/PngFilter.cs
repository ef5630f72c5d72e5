namespace Dalle2.Data;

/// <summary>The predictors of PNG's row filters.</summary>
internal static class PngFilter
{
    /// <summary>The neighbour nearest to left + above - corner; ties go to left, then above.</summary>
    public static byte Paeth(int left, int above, int corner)
    {
        int toLeft = Math.Abs(above - corner), toAbove = Math.Abs(left - corner), toCorner = Math.Abs(left + above - 2 * corner);
        return (byte)(toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner);
    }

    /// <summary>Writes filter number <paramref name="filter"/> (0 to 4) of a row to <paramref name="target"/>, without the filter byte.</summary>
    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int step, Span<byte> target)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= step ? row[i - step] : 0, corner = i >= step ? above[i - step] : 0;
            int predicted = filter switch
            {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => (left + above[i]) >> 1,
                _ => Paeth(left, above[i], corner),
            };
            target[i] = (byte)(row[i] - predicted);
        }
    }
}
