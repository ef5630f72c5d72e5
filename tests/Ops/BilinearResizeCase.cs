namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width, channels, new height, new width.</summary>
public sealed class BilinearResizeCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1, 1, 1, 1, 3], [2, 2, 3, 2, 4, 6], [1, 5, 4, 3, 2, 9], [1, 3, 7, 17, 3, 2]];

    public override int[][] BenchShapes => [[64, 16, 16, 64, 32, 32], [64, 32, 32, 3, 64, 64]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (9.0 * s[0] * s[4] * s[5] * s[3], 4.0 * s[0] * s[3] * (s[1] * s[2] + s[4] * s[5]));

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (8.0 * s[0] * s[4] * s[5] * s[3], Cost(s).Bytes);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) => new BilinearResize((s[4], s[5]));

    public override double[][] Reference(int[] s, double[][] args)
    {
        int channels = s[3], height = s[4], width = s[5];
        var y = new double[s[0] * height * width * channels];
        for (int at = 0; at < y.Length; at++)
        {
            int c = at % channels, col = at / channels % width, row = at / channels / width % height, n = at / channels / width / height;
            foreach (var (i, down) in Taps(row, s[1], height))
            {
                foreach (var (j, right) in Taps(col, s[2], width))
                    y[at] += down * right * args[0][((n * s[1] + i) * s[2] + j) * channels + c];
            }
        }

        return [y];
    }

    // The two neighbors of a pixel's center in the map before, as PyTorch takes them.
    static (int Pixel, double Weight)[] Taps(int output, int before, int after)
    {
        double place = Math.Max(0, (output + 0.5) * before / after - 0.5);
        int first = Math.Min((int)place, before - 1), second = Math.Min(first + 1, before - 1);
        return [(first, 1 - (place - first)), (second, place - first)];
    }
}
