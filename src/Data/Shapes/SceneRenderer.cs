using Dalle2.Data.Pictures;

namespace Dalle2.Data.Shapes;

/// <summary>
/// Draws scenes by signed distance. One shape has its center at .28, .5 or .72 of the side and a radius of .14 (small) or .24 (large);
/// two shapes stand at .25 and .75 of one axis and .5 of the other with radii of .125 and .175, so that they never overlap.
/// A pixel's coverage is the mean of four points; at each, it falls from one to zero linearly over half a pixel around the edge.
/// </summary>
public static class SceneRenderer
{
    /// <summary>The smallest side at which the shapes can still be told apart.</summary>
    public const int MinSide = 16;

    // A pixel whose center is this many pixels from the edge is wholly in or out: the points are .354 away and fade within .25.
    const double Clear = 0.61;

    static readonly byte[][] Colors =
        [[230, 40, 40], [40, 185, 60], [50, 95, 255], [245, 225, 50], [155, 55, 205], [250, 140, 20], [40, 215, 225], [255, 255, 255]];

    static readonly byte[][] Backgrounds = [[0, 0, 0], [112, 112, 112], [10, 12, 84]];

    /// <summary>The sRGB bytes of a color.</summary>
    public static ReadOnlySpan<byte> Rgb(ShapeColor color) => Colors[(int)color];

    /// <summary>The sRGB bytes of a background.</summary>
    public static ReadOnlySpan<byte> Rgb(Background background) => Backgrounds[(int)background];

    /// <summary>The picture, opaque, rounded to bytes.</summary>
    public static Image Render(Scene scene, int side, SceneJitter jitter = default)
    {
        var values = new float[3 * side * side];
        Render(scene, side, jitter, values);
        return ImageTransform.FromFloats(values, side, side);
    }

    /// <summary>Writes <c>[side, side, 3]</c> in [0, 1], not rounded to bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="side"/> is below <see cref="MinSide"/>, or the destination is not 3 * side * side long.</exception>
    public static void Render(Scene scene, int side, SceneJitter jitter, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, MinSide);
        if (destination.Length != 3 * side * side)
            throw new ArgumentException($"{destination.Length} numbers are no [{side}, {side}, 3]", nameof(destination));
        var back = Backgrounds[(int)scene.Background];
        float red = back[0] / 255f, green = back[1] / 255f, blue = back[2] / 255f;
        for (int i = 0; i < destination.Length; i += 3)
        {
            destination[i] = red;
            destination[i + 1] = green;
            destination[i + 2] = blue;
        }
        Draw(scene.First, side, jitter.First, scene.Second is not null, destination);
        if (scene.Second is { } second)
            Draw(second, side, jitter.Second, true, destination);
    }

    /// <summary>The exact center of a place, as shares of the side, from the left and from the top.</summary>
    public static (double X, double Y) Center(Place place, bool pair)
    {
        double reach = pair ? 0.25 : 0.22;
        return (0.5 + reach * ((int)place % 3 - 1), 0.5 + reach * ((int)place / 3 - 1));
    }

    /// <summary>The exact radius of a size, as a share of the side.</summary>
    public static double Radius(ShapeSize size, bool pair) => (size, pair) switch
    {
        (ShapeSize.Small, false) => 0.14,
        (ShapeSize.Large, false) => 0.24,
        (ShapeSize.Small, true) => 0.125,
        _ => 0.175,
    };

    static void Draw(ShapeObject shape, int side, ShapeJitter jitter, bool pair, Span<float> destination)
    {
        var (cx, cy) = Center(shape.Place, pair);
        // From here on, everything is in pixels.
        cx = (cx + jitter.Dx) * side;
        cy = (cy + jitter.Dy) * side;
        double radius = Radius(shape.Size, pair) * (1 + jitter.Radius) * side;
        var rgb = Colors[(int)shape.Color];
        // No shape reaches further than 1.2 radii.
        double reach = 1.2 * radius + 1;
        int left = Math.Max(0, (int)(cx - reach)), right = Math.Min(side - 1, (int)(cx + reach));
        int top = Math.Max(0, (int)(cy - reach)), bottom = Math.Min(side - 1, (int)(cy + reach));
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                double px = x + 0.5 - cx, py = y + 0.5 - cy;
                double distance = radius * ShapeDistance.At(shape.Shape, px / radius, py / radius);
                if (distance >= Clear)
                    continue;
                float coverage = distance <= -Clear ? 1f
                    : (float)(0.25 * (Point(shape.Shape, px - 0.25, py - 0.25, radius) + Point(shape.Shape, px + 0.25, py - 0.25, radius)
                        + Point(shape.Shape, px - 0.25, py + 0.25, radius) + Point(shape.Shape, px + 0.25, py + 0.25, radius)));
                var pixel = destination.Slice(3 * (y * side + x), 3);
                for (int c = 0; c < 3; c++)
                    pixel[c] += coverage * (rgb[c] / 255f - pixel[c]);
            }
        }
    }

    static double Point(ShapeKind shape, double x, double y, double radius) =>
        Math.Clamp(0.5 - 2 * radius * ShapeDistance.At(shape, x / radius, y / radius), 0, 1);
}
