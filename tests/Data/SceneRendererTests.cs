using Dalle2.Data.Pictures;
using Dalle2.Data.Shapes;

namespace Dalle2.Tests.Data;

/// <summary>The renderer against shapes defined anew by "is this point inside", sampled 16 x 16 times a pixel.</summary>
[TestFixture]
public sealed class SceneRendererTests
{
    static Scene Single(ShapeKind shape, ShapeSize size, Place place = Place.Center, ShapeColor color = ShapeColor.White) =>
        new(Background.Black, new ShapeObject(shape, color, size, place));

    static readonly (double X, double Y)[] StarCorners = [.. Enumerable.Range(0, 10).Select(i =>
    {
        double r = i % 2 == 0 ? 1.15 : 0.55 * 1.15;
        return (r * Math.Sin(i * Math.PI / 5), -r * Math.Cos(i * Math.PI / 5));
    })];

    // In units of the radius, y downwards.
    static bool Inside(ShapeKind shape, double x, double y)
    {
        static bool Polygon(double x, double y, params (double X, double Y)[] corners)
        {
            bool inside = false;
            for (int i = 0, j = corners.Length - 1; i < corners.Length; j = i++)
            {
                var (a, b) = (corners[i], corners[j]);
                if (a.Y > y != b.Y > y && x < (b.X - a.X) * (y - a.Y) / (b.Y - a.Y) + a.X)
                    inside = !inside;
            }
            return inside;
        }
        switch (shape)
        {
            case ShapeKind.Circle:
                return x * x + y * y < 0.92 * 0.92;
            case ShapeKind.Square:
                return Math.Max(Math.Abs(x), Math.Abs(y)) < 0.88;
            case ShapeKind.Triangle:
                return Polygon(x, y, (0, -1), (1.1, 0.9), (-1.1, 0.9));
            case ShapeKind.Star:
                return Polygon(x, y, StarCorners);
            case ShapeKind.Cross:
                return Math.Max(Math.Abs(x), Math.Abs(y)) < 1.1 && Math.Min(Math.Abs(x), Math.Abs(y)) < 0.28;
            case ShapeKind.Diamond:
                return Math.Abs(x) / 0.85 + Math.Abs(y) / 1.15 < 1;
            case ShapeKind.Ring:
                return x * x + y * y is < 0.96 * 0.96 and > 0.25;
            default:
                double lobe = Math.Sqrt(0.125), u = (0.75 + lobe) / 2 - y / 1.65, v = Math.Abs(x) / 1.65;
                return v + Math.Abs(u - 0.5) < 0.5 || (v - 0.25) * (v - 0.25) + (u - 0.75) * (u - 0.75) < 0.125;
        }
    }

    [Test]
    public void Coverage_is_that_of_point_sampling([Values] ShapeKind shape, [Values] ShapeSize size, [Values(32, 45)] int side)
    {
        var jitter = new SceneJitter(new ShapeJitter(0.013, -0.021, 0.05));
        var image = SceneRenderer.Render(Single(shape, size), side, jitter);
        double cx = (0.5 + 0.013) * side, cy = (0.5 - 0.021) * side, r = (size == ShapeSize.Small ? 0.14 : 0.24) * 1.05 * side, error = 0,
            area = 0;
        const int n = 16;
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                int hits = 0;
                for (int k = 0; k < n * n; k++)
                    hits += Inside(shape, (x + (k % n + 0.5) / n - cx) / r, (y + (k / n + 0.5) / n - cy) / r) ? 1 : 0;
                double difference = Math.Abs(image.Pixel(x, y)[1] / 255.0 - hits / (double)(n * n));
                Assert.That(difference, Is.LessThan(0.2), $"pixel {x}, {y}");
                error += difference;
                area += hits / (double)(n * n);
            }
        }
        Assert.That(error / area, Is.LessThan(0.03));
    }

    [Test]
    public void Areas_are_comparable([Values] ShapeKind shape)
    {
        double area = 0;
        const int n = 400;
        for (int i = 0; i < n * n; i++)
            area += Inside(shape, 2.6 * (i % n + 0.5) / n - 1.3, 2.6 * (i / n + 0.5) / n - 1.3) ? 2.6 * 2.6 / (n * n) : 0;
        Assert.That(area, Is.InRange(1.9, 3.1));
    }

    [Test]
    public void Each_shape_is_nearest_to_itself_whatever_its_jitter([Values] ShapeSize size)
    {
        var kinds = Enum.GetValues<ShapeKind>();
        var exact = kinds.Select(k => SceneRenderer.Render(Single(k, size), 32)).ToArray();
        foreach (var kind in kinds)
        {
            foreach (double growth in new[] { -0.08, 0.08 })
            {
                var drawn = SceneRenderer.Render(Single(kind, size), 32, new SceneJitter(new ShapeJitter(0.008, 0.008, growth)));
                var nearest = kinds.MinBy(k => SquaredDistance(exact[(int)k], drawn));
                Assert.That(nearest, Is.EqualTo(kind), $"growth {growth}");
            }
        }
    }

    [Test]
    public void All_exact_renderings_differ_clearly()
    {
        var pictures = Enum.GetValues<ShapeKind>().Select(k => SceneRenderer.Render(Single(k, ShapeSize.Small), 32)).ToList();
        for (int i = 0; i < pictures.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                // White on black: a difference of six whole pixels at the very least.
                Assert.That(SquaredDistance(pictures[i], pictures[j]) / (3.0 * 255 * 255), Is.GreaterThan(6),
                    $"{(ShapeKind)i} and {(ShapeKind)j}");
            }
        }
    }

    [Test]
    public void Shapes_stand_where_the_caption_says([Values] Place place)
    {
        var image = SceneRenderer.Render(Single(ShapeKind.Circle, ShapeSize.Small, place, ShapeColor.Green), 100);
        double sx = 0, sy = 0, sum = 0;
        for (int y = 0; y < 100; y++)
        {
            for (int x = 0; x < 100; x++)
            {
                double w = image.Pixel(x, y)[1];
                (sx, sy, sum) = (sx + w * (x + 0.5), sy + w * (y + 0.5), sum + w);
            }
        }
        double[] at = [28, 50, 72];
        Assert.That(sx / sum, Is.EqualTo(at[(int)place % 3]).Within(0.01));
        Assert.That(sy / sum, Is.EqualTo(at[(int)place / 3]).Within(0.01));
    }

    [Test]
    public void Two_shapes_never_overlap_and_stand_in_their_relation([Values] Relation relation)
    {
        // Towards each other as far as jitter goes, and as large.
        double pull = relation is Relation.Above or Relation.LeftOf ? 0.03 : -0.03;
        bool vertical = relation is Relation.Above or Relation.Below;
        var first = new ShapeJitter(vertical ? 0 : pull, vertical ? pull : 0, 0.08);
        var inwards = new SceneJitter(first, first with { Dx = -first.Dx, Dy = -first.Dy });
        foreach (var kind in Enum.GetValues<ShapeKind>())
        {
            var pair = Scene.Pair(Background.Black, kind, ShapeColor.Red, ShapeSize.Large, relation, kind, ShapeColor.Blue,
                ShapeSize.Large);
            var image = SceneRenderer.Render(pair, 64, inwards);
            int reds = 0, blues = 0;
            for (int y = 0; y < 64; y++)
            {
                for (int x = 0; x < 64; x++)
                {
                    bool firstHalf = relation switch
                    {
                        Relation.Above =>
                        y < 32,
                        Relation.Below => y >= 32,
                        Relation.LeftOf => x < 32,
                        _ => x >= 32
                    };
                    reds += firstHalf && image.Pixel(x, y)[0] > 150 ? 1 : 0;
                    blues += !firstHalf && image.Pixel(x, y)[2] > 150 ? 1 : 0;
                    Assert.That(firstHalf ? image.Pixel(x, y)[2] <= 60 : image.Pixel(x, y)[0] <= 60, Is.True);
                }
            }
            Assert.That(reds, Is.GreaterThan(200));
            Assert.That(blues, Is.GreaterThan(200));
        }
    }

    [Test]
    public void Floats_and_bytes_agree_and_small_sides_are_refused()
    {
        var scene = Single(ShapeKind.Heart, ShapeSize.Large, Place.TopLeft, ShapeColor.Orange);
        var floats = new float[3 * 20 * 20];
        SceneRenderer.Render(scene, 20, default, floats);
        Assert.That(ImageTransform.FromFloats(floats, 20, 20).Rgba, Is.EqualTo(SceneRenderer.Render(scene, 20).Rgba));
        Assert.That(() => SceneRenderer.Render(scene, 15), Throws.InstanceOf<ArgumentException>());
    }

    static double SquaredDistance(Image a, Image b) => a.Rgba.Zip(b.Rgba).Sum(p => (double)(p.First - p.Second) * (p.First - p.Second));
}
