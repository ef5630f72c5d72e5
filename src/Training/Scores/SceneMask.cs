using Dalle2.Data.Shapes;

namespace Dalle2.Training.Scores;

/// <summary>How much one jittered shape covers each pixel, cut to the box where it covers any.</summary>
sealed class SceneMask
{
    readonly int _side;
    readonly int _left;
    readonly int _top;
    readonly int _width;
    readonly float[] _coverage;
    readonly double _sum;
    readonly double _sumOfSquares;

    /// <summary>Renders the shape, alone or as one of a pair. The colour of <paramref name="shape"/> does not matter.</summary>
    internal SceneMask(ShapeObject shape, ShapeJitter jitter, bool pair, int side)
    {
        // White on black renders as the coverage itself. A pair's other shape stands in the far corner, in a colour whose channels differ.
        Shape = shape;
        Jitter = jitter;
        _side = side;
        var far = new ShapeObject(ShapeKind.Circle, ShapeColour.Red, ShapeSize.Small, (int)shape.Place < 4 ? Place.BottomRight : Place.TopLeft);
        var scene = new Scene(Background.Black, shape with { Colour = ShapeColour.White }, pair ? far : null);
        float[] rendering = new float[3 * side * side];
        SceneRenderer.Render(scene, side, new SceneJitter(jitter), rendering);
        float[] coverage = new float[side * side];
        int right = -1, bottom = -1;
        (_left, _top) = (side, side);
        for (int i = 0; i < coverage.Length; i++)
        {
            bool white = rendering[3 * i] == rendering[3 * i + 1] && rendering[3 * i] > 0;
            if (white)
            {
                coverage[i] = rendering[3 * i];
                (_left, right) = (Math.Min(_left, i % side), Math.Max(right, i % side));
                (_top, bottom) = (Math.Min(_top, i / side), Math.Max(bottom, i / side));
            }
        }

        _width = right - _left + 1;
        _coverage = new float[_width * (bottom - _top + 1)];
        for (int i = 0; i < _coverage.Length; i++)
        {
            _coverage[i] = coverage[(_top + i / _width) * side + _left + i % _width];
            _sum += _coverage[i];
            _sumOfSquares += (double)_coverage[i] * _coverage[i];
        }
    }

    /// <summary>What the mask shows; its colour is without meaning.</summary>
    internal ShapeObject Shape { get; }

    /// <summary>Its deviation from the exact place and size.</summary>
    internal ShapeJitter Jitter { get; }

    /// <summary>The picture <c>[side, side, 3]</c> summed under the mask, for each of the three channels.</summary>
    internal (double Red, double Green, double Blue) Sum(ReadOnlySpan<float> picture)
    {
        double red = 0, green = 0, blue = 0;
        int height = _coverage.Length / _width;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> weights = _coverage.AsSpan(y * _width, _width);
            ReadOnlySpan<float> row = picture.Slice(3 * ((_top + y) * _side + _left), 3 * _width);
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
    /// By how much drawing the shape in a colour c on a plain background b changes the squared distance to the picture x:
    /// with coverage a, the sum of |x - b - a (c - b)|^2 - |x - b|^2, which is -2 (c - b) . (sum a x - b sum a) + |c - b|^2 sum a^2.
    /// </summary>
    internal double Change((double Red, double Green, double Blue) sums, ReadOnlySpan<byte> colour, ReadOnlySpan<byte> background)
    {
        double change = 0;
        for (int channel = 0; channel < 3; channel++)
        {
            double under = background[channel] / 255.0;
            double step = colour[channel] / 255.0 - under;
            double sum = channel == 0 ? sums.Red : channel == 1 ? sums.Green : sums.Blue;
            change += step * (step * _sumOfSquares - 2 * (sum - under * _sum));
        }

        return change;
    }
}
