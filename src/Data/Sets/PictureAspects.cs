using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>How far the pictures of a set are from square: what is lost when the centered square is cut out of them.</summary>
/// <param name="Looked">Pictures whose size was looked at.</param>
/// <param name="Losing">Those of them that would lose more than a fifth.</param>
public sealed record PictureAspects(int Looked, int Losing)
{
    // Headers of more pictures say nothing new, and a large set has a hundred thousand.
    const int Most = 1000;

    /// <summary>What suits the set: padding where more than a quarter of its pictures would lose more than a fifth, otherwise the centered
    /// square.</summary>
    public ImageFit Suggested => 4L * Losing > Looked ? ImageFit.Pad : ImageFit.Crop;

    /// <summary>Looks at the sizes of up to 1,000 pictures of the training split, evenly spread; sets of square pictures have none to look
    /// at.</summary>
    public static PictureAspects Of(IDataSet set)
    {
        string split = set.Splits[0];
        int count = set.Count(split), looked = 0, losing = 0;
        Parallel.For(0, Math.Min(count, Most), i =>
        {
            if (set.Size(split, (int)((long)i * count / Math.Min(count, Most))) is { } size)
            {
                Interlocked.Increment(ref looked);
                Interlocked.Add(ref losing, Loses(size.Width, size.Height) ? 1 : 0);
            }
        });
        return new PictureAspects(looked, losing);
    }

    /// <summary>Whether the centered square is less than four fifths of the picture.</summary>
    public static bool Loses(int width, int height) => 5L * Math.Min(width, height) < 4L * Math.Max(width, height);
}
