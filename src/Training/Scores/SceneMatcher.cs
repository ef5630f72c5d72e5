using Dalle2.Data.Shapes;

namespace Dalle2.Training.Scores;

/// <summary>
/// Reads a picture of <c>shapes</c> back: the scene whose rendering is nearest in squared pixel distance, over every combination of the tier
/// and, for each shape, over three shifts each way and three sizes within the data's jitter. No network judges.
/// </summary>
/// <remarks>
/// Every combination is searched, at the price of a few hundred renderings: a picture of one shape is background + coverage * (color - background), so its
/// distance follows from three sums under the shape's mask, whatever the colors. The shapes of a pair do not overlap, so that their parts of the distance add up and
/// each is minimized on its own.
/// </remarks>
public sealed class SceneMatcher
{
    static readonly ShapeColor[] Colors = Enum.GetValues<ShapeColor>();
    static readonly Background[] Backgrounds = Enum.GetValues<Background>();

    readonly SceneMask[][] masksByPlace = new SceneMask[9][];
    readonly bool pair;

    /// <summary>Renders all masks; takes a fraction of a second at 32 x 32.</summary>
    /// <param name="tier">1 (one shape) or 2 (two shapes in a relation).</param>
    /// <param name="side">The pictures' side in pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such tier, or the side is below <see cref="SceneRenderer.MinSide"/>.</exception>
    public SceneMatcher(int tier, int side)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tier, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tier, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, SceneRenderer.MinSide);
        Side = side;
        pair = tier == 2;
        ShapeObject[] shapes =
            [.. from place in pair ? [Place.Top, Place.Left, Place.Right, Place.Bottom] : Enum.GetValues<Place>()
                from shape in Enum.GetValues<ShapeKind>()
                from size in Enum.GetValues<ShapeSize>()
                select new ShapeObject(shape, ShapeColor.White, size, place)];
        foreach (IGrouping<Place, ShapeObject> there in shapes.GroupBy(shape => shape.Place))
        {
            masksByPlace[(int)there.Key] = [.. from shape in there from jitter in Jitters() select new SceneMask(shape, jitter, pair,
                side)];
        }
    }

    /// <summary>The pictures' side in pixels.</summary>
    public int Side { get; }

    /// <summary>Finds the nearest scene. Of a pair, the upper or the left shape comes first.</summary>
    /// <param name="picture"><c>[Side, Side, 3]</c>, meant to be within [0, 1].</param>
    /// <returns>The scene, or null when the picture has values that are not finite.</returns>
    /// <exception cref="ArgumentException">The picture has another size.</exception>
    public Scene? Match(ReadOnlySpan<float> picture)
    {
        if (picture.Length != 3 * Side * Side)
            throw new ArgumentException($"{picture.Length} numbers are no [{Side}, {Side}, 3]", nameof(picture));

        var nearest = new (double Change, ShapeObject? Shape)[9 * Backgrounds.Length];
        for (int place = 0; place < 9; place++)
            FindNearest(picture, masksByPlace[place] ?? [], nearest.AsSpan(place * Backgrounds.Length, Backgrounds.Length));

        Scene? best = null;
        double least = double.PositiveInfinity;
        foreach (Background background in Backgrounds)
        {
            double plain = PlainDistance(picture, SceneRenderer.Rgb(background));
            (double Change, ShapeObject? Shape) At(Place place) => nearest[(int)place * Backgrounds.Length + (int)background];
            if (pair)
            {
                Consider(At(Place.Top), At(Place.Bottom));
                Consider(At(Place.Left), At(Place.Right));
            }
            else
            {
                foreach (Place place in Enum.GetValues<Place>())
                    Consider(At(place), (0, null));
            }

            void Consider((double Change, ShapeObject? Shape) first, (double Change, ShapeObject? Shape) second)
            {
                double distance = plain + first.Change + second.Change;
                if (distance < least)
                {
                    least = distance;
                    best = new Scene(background, first.Shape!, second.Shape);
                }
            }
        }

        return best;
    }

    /// <summary>For each background, the shape of one place that lowers the distance most (or raises it least).</summary>
    static void FindNearest(ReadOnlySpan<float> picture, SceneMask[] masks, Span<(double Change, ShapeObject? Shape)> nearest)
    {
        var best = new (double Change, SceneMask? Mask, ShapeColor Color)[nearest.Length];
        Array.Fill(best, (double.PositiveInfinity, null, default));
        foreach (SceneMask mask in masks)
        {
            (double Red, double Green, double Blue) sums = mask.Sum(picture);
            foreach (Background background in Backgrounds)
            {
                foreach (ShapeColor color in Colors)
                {
                    double change = mask.Change(sums, SceneRenderer.Rgb(color), SceneRenderer.Rgb(background));
                    if (change < best[(int)background].Change)
                        best[(int)background] = (change, mask, color);
                }
            }
        }

        for (int i = 0; i < nearest.Length; i++)
            nearest[i] = (best[i].Change, best[i].Mask is { } mask ? mask.Shape with { Color = best[i].Color } : null);
    }

    static double PlainDistance(ReadOnlySpan<float> picture, ReadOnlySpan<byte> background)
    {
        double distance = 0;
        for (int i = 0; i < picture.Length; i++)
        {
            double difference = picture[i] - background[i % 3] / 255.0;
            distance += difference * difference;
        }

        return distance;
    }

    // Uniform jitter is covered best by three points at the middles of its thirds.
    static IEnumerable<ShapeJitter> Jitters()
    {
        double[] thirds = [0, -2.0 / 3, 2.0 / 3];
        return from growth in thirds
               from dy in thirds
               from dx in thirds
               select new ShapeJitter(dx * ShapeJitter.MaxShift, dy * ShapeJitter.MaxShift, growth * ShapeJitter.MaxGrowth);
    }
}
