namespace Dalle2.Cli;

/// <summary>The way between two embeddings along the great circle (slerp: Shoemake, 1985).</summary>
static class SphericalInterpolation
{
    // Below such an angle a straight line is as good.
    const double LeastAngle = 1e-4;

    /// <summary>What lies between two vectors of equal length.</summary>
    /// <param name="start">At t = 0.</param>
    /// <param name="end">At t = 1.</param>
    /// <param name="t">How far on the way, by its angle.</param>
    public static float[] Between(float[] start, float[] end, double t)
    {
        double dot = 0, square = 0, other = 0;
        for (int i = 0; i < start.Length; i++)
        {
            dot += (double)start[i] * end[i];
            square += (double)start[i] * start[i];
            other += (double)end[i] * end[i];
        }

        double angle = Math.Acos(Math.Clamp(dot / Math.Sqrt(square * other), -1, 1)), sine = Math.Sin(angle);
        // Opposite ends have no shortest way.
        bool isStraight = angle < LeastAngle || sine < LeastAngle;
        double a = isStraight ? 1 - t : Math.Sin((1 - t) * angle) / sine, b = isStraight ? t : Math.Sin(t * angle) / sine;
        return [.. start.Zip(end, (x, y) => (float)(a * x + b * y))];
    }
}
