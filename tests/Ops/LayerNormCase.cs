namespace Dalle2.Ops;

/// <summary>Sizes: rows, features.</summary>
public sealed class LayerNormCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1], [3, 31], [2, 32], [5, 67], [80, 3], [2, 200]];

    public override int[][] BenchShapes => [[4096, 512]];

    public override (double Flops, double Bytes) Cost(int[] s) => (8.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (12.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Uniform("x", 1, 4, s[0], s[1])];

    public override UnaryLayer Create(int[] s) => new LayerNorm(s[1]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new double[args[0].Length];
        for (int row = 0; row < s[0]; row++)
        {
            double[] x = args[0][(row * s[1])..((row + 1) * s[1])];
            double mean = x.Average(), variance = x.Average(v => (v - mean) * (v - mean));
            for (int c = 0; c < s[1]; c++)
                y[row * s[1] + c] = (x[c] - mean) / Math.Sqrt(variance + 1e-5) * args[1][c] + args[2][c];
        }

        return [y];
    }
}
