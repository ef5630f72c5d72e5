using Dalle2.Data.Shapes;

namespace Dalle2.Training.Scores;

/// <summary>How much one jittered shape covers each pixel, cut to the box where it covers any.</summary>
sealed class SceneMask
{
    readonly int side;
    readonly int left;
    readonly int top;
    readonly int width;
    readonly float[] coverage;
    readonly double sum;
    readonly double sumOfSquares;

    /// <summary>Renders the shape, alone or as one of a pair. The color of <paramref name="shape"/> does not matter.</summary>
    internal SceneMask(ShapeObject shape, ShapeJitter jitter, bool pair, int side)
    {
        // White on black renders as the coverage itself. A pair's other shape stands in the far corner, in a color whose channels differ.
        Shape = shape;
        Jitter = jitter;
        this.side = side;
        var far = new ShapeObject(ShapeKind.Circle, ShapeColor.Red, ShapeSize.Small,
            (int)shape.Place < 4 ? Place.BottomRight : Place.TopLeft);
        var scene = new Scene(Background.Black, shape with { Color = ShapeColor.White }, pair ? far : null);
        float[] rendering = new float[3 * side * side];
        SceneRenderer.Render(scene, side, new SceneJitter(jitter), rendering);
        float[] coverage = new float[side * side];
        int right = -1, bottom = -1;
        (left, top) = (side, side);
        for (int i = 0; i < coverage.Length; i++)
        {
            bool white = rendering[3 * i] == rendering[3 * i + 1] && rendering[3 * i] > 0;
            if (white)
            {
                coverage[i] = rendering[3 * i];
                (left, right) = (Math.Min(left, i % side), Math.Max(right, i % side));
                (top, bottom) = (Math.Min(top, i / side), Math.Max(bottom, i / side));
            }
        }

        width = right - left + 1;
        this.coverage = new float[width * (bottom - top + 1)];
        for (int i = 0; i < this.coverage.Length; i++)
        {
            this.coverage[i] = coverage[(top + i / width) * side + left + i % width];
            sum += this.coverage[i];
            sumOfSquares += (double)this.coverage[i] * this.coverage[i];
        }
    }

    /// <summary>What the mask shows; its color is without meaning.</summary>
    internal ShapeObject Shape { get; }

    /// <summary>Its deviation from the exact place and size.</summary>
    internal ShapeJitter Jitter { get; }

    /// <summary>The picture <c>[side, side, 3]</c> summed under the mask, for each of the three channels.</summary>
    internal (double Red, double Green, double Blue) Sum(ReadOnlySpan<float> picture)
    {
        double red = 0, green = 0, blue = 0;
        int height = coverage.Length / width;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> weights = coverage.AsSpan(y * width, width);
            ReadOnlySpan<float> row = picture.Slice(3 * ((top + y) * side + left), 3 * width);
            for (int x = 0; x < weights.Length; x++)
            {
                float weight = weights[x];
                red += weight * row[3 * x];
                green += weight * row[3 * x + 1];
                blue += weight * row[3 * x + 2];
            }
        }

        return (red, green, blue);
    }

    /// <summary>
    /// By how much drawing the shape in a color c on a plain background b changes the squared distance to the picture x:
    /// with coverage a, the sum of |x - b - a (c - b)|^2 - |x - b|^2, which is -2 (c - b) . (sum a x - b sum a) + |c - b|^2 sum a^2.
    /// </summary>
    internal double Change((double Red, double Green, double Blue) sums, ReadOnlySpan<byte> color, ReadOnlySpan<byte> background)
    {
        double change = 0;
        for (int channel = 0; channel < 3; channel++)
        {
            double under = background[channel] / 255.0;
            double step = color[channel] / 255.0 - under;
            double sum = channel == 0 ? sums.Red : channel == 1 ? sums.Green : sums.Blue;
            change += step * (step * sumOfSquares - 2 * (sum - under * this.sum));
        }

        return change;
    }
}
