namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width, channels, groups.</summary>
public sealed class GroupNormCase : UnaryLayerCase
{
    public override int[][] Shapes =>
        [[1, 1, 1, 1, 1], [2, 3, 2, 6, 3], [3, 2, 2, 4, 1], [2, 1, 3, 4, 4], [1, 7, 11, 4, 2], [2, 1, 2, 140, 2]];

    public override int[][] BenchShapes => [[64, 16, 16, 64, 8]];

    public override (double Flops, double Bytes) Cost(int[] s) => (8.0 * s[0] * s[1] * s[2] * s[3], 8.0 * s[0] * s[1] * s[2] * s[3]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (12.0 * s[0] * s[1] * s[2] * s[3], 12.0 * s[0] * s[1] * s[2] * s[3]);

    public override Argument[] Inputs(int[] s) => [Argument.Uniform("x", 1, 4, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) => new GroupNorm(s[4], s[3]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        int pixels = s[1] * s[2], channels = s[3], width = channels / s[4];
        var y = new double[args[0].Length];
        for (int n = 0; n < s[0]; n++)
        {
            for (int g = 0; g < s[4]; g++)
            {
                int[] members =
                [
                    .. from pixel in Enumerable.Range(0, pixels)
                       from c in Enumerable.Range(g * width, width)
                       select (n * pixels + pixel) * channels + c,
                ];
                double mean = members.Average(i => args[0][i]), variance = members.Average(i => (args[0][i] - mean) * (args[0][i] - mean));
                foreach (int i in members)
                    y[i] = (args[0][i] - mean) / Math.Sqrt(variance + 1e-5) * args[1][i % channels] + args[2][i % channels];
            }
        }

        return [y];
    }
}
