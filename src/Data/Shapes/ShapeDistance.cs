namespace Dalle2.Data.Shapes;

/// <summary>
/// Signed distances to the eight shapes, negative inside, in units of the shape's radius, y downwards, the shape's middle at the origin.
/// None ever grows faster than the point moves, which the renderer relies on; only square roots and arithmetic, so every machine gives the same bits.
/// Areas lie between 1.9 and 3.1 (a disc of radius 1 has 3.14), so that shape cannot be told from the amount of color.
/// </summary>
static class ShapeDistance
{
    const double
        DiscRadius = 0.92,
        SquareHalf = 0.88,
        TriangleTop = 1.0, TriangleBottom = 0.9, TriangleHalf = 1.1,
        StarOuter = 1.15, StarInner = 0.55 * StarOuter,
        CrossLength = 1.1, CrossHalf = 0.28,
        DiamondHalfWidth = 0.85, DiamondHalfHeight = 1.15,
        RingOuter = 0.96, RingInner = 0.5,
        HeartScale = 1.65;

    const double Sin36 = 0.5877852522924731, Cos36 = 0.8090169943749475, Sin108 = 0.9510565162951535, Cos108 = -0.30901699437494745;

    public static double At(ShapeKind shape, double x, double y) => shape switch
    {
        ShapeKind.Circle => Math.Sqrt(x * x + y * y) - DiscRadius,
        ShapeKind.Square => Box(x, y, SquareHalf, SquareHalf),
        ShapeKind.Triangle => Triangle(Math.Abs(x), y),
        ShapeKind.Star => Star(x, -y),
        ShapeKind.Cross => Math.Min(Box(x, y, CrossLength, CrossHalf), Box(x, y, CrossHalf, CrossLength)),
        ShapeKind.Diamond => Line(Math.Abs(x), Math.Abs(y), 0, DiamondHalfHeight, DiamondHalfWidth, 0),
        ShapeKind.Ring => Math.Abs(Math.Sqrt(x * x + y * y) - (RingOuter + RingInner) / 2) - (RingOuter - RingInner) / 2,
        _ => Heart(Math.Abs(x), y),
    };

    static double Box(double x, double y, double halfWidth, double halfHeight)
    {
        double dx = Math.Abs(x) - halfWidth, dy = Math.Abs(y) - halfHeight;
        double ox = Math.Max(dx, 0), oy = Math.Max(dy, 0);
        return Math.Sqrt(ox * ox + oy * oy) + Math.Min(Math.Max(dx, dy), 0);
    }

    static double Triangle(double x, double y) =>
        Math.Max(y - TriangleBottom, Line(x, y, TriangleHalf, TriangleBottom, 0, -TriangleTop));

    // Signed distance to the line from (ax, ay) to (bx, by), positive on its side away from the origin.
    static double Line(double x, double y, double ax, double ay, double bx, double by)
    {
        double nx = by - ay, ny = ax - bx, length = Math.Sqrt(nx * nx + ny * ny);
        double offset = nx * ax + ny * ay;
        return (nx * x + ny * y - offset) / (offset < 0 ? -length : length);
    }

    static double Segment(double x, double y, double ax, double ay, double bx, double by)
    {
        double ux = bx - ax, uy = by - ay, px = x - ax, py = y - ay;
        double t = Math.Clamp((px * ux + py * uy) / (ux * ux + uy * uy), 0, 1);
        double dx = px - t * ux, dy = py - t * uy;
        return Math.Sqrt(dx * dx + dy * dy);
    }

    // Ten mirror images of one edge: folding at the mirrors through 180, 108, 36 and 0 degrees leaves the wedge of that edge. Here y points up.
    static double Star(double x, double y)
    {
        x = Math.Abs(x);
        double beyond = Math.Max(0, x * Cos108 - y * Sin108);
        (x, y) = (x - 2 * beyond * Cos108, y + 2 * beyond * Sin108);
        beyond = Math.Max(0, x * Cos36 - y * Sin36);
        (x, y) = (Math.Abs(x - 2 * beyond * Cos36), y + 2 * beyond * Sin36);
        const double bx = StarInner * Sin36, by = StarInner * Cos36;
        double distance = Segment(x, y, 0, StarOuter, bx, by);
        return Line(x, y, 0, StarOuter, bx, by) < 0 ? -distance : distance;
    }

    // A square on its corner with sides of sqrt(1/2), and half discs on its two upper sides; 1.1036 high, 1.2071 wide, then scaled.
    static double Heart(double x, double y)
    {
        const double lobe = 0.3535533905932738, height = 0.75 + lobe;
        x /= HeartScale;
        // From the tip upwards.
        double u = height / 2 - y / HeartScale;
        double distance;
        if (x + u > 1)
        {
            distance = Math.Sqrt((x - 0.25) * (x - 0.25) + (u - 0.75) * (u - 0.75)) - lobe;
        }
        else
        {
            double notch = Math.Sqrt(x * x + (u - 1) * (u - 1)), side = Segment(x, u, 0, 0, 0.5, 0.5);
            distance = x > u ? side : -Math.Min(notch, side);
        }
        return HeartScale * distance;
    }
}
