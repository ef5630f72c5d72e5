namespace Dalle2.Ops;

/// <summary>Sizes: rows, channels.</summary>
public sealed class BatchNormCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1], [5, 3], [64, 4], [200, 5], [130, 70]];

    public override int[][] BenchShapes => [[16384, 32], [4096, 256]];

    public override (double Flops, double Bytes) Cost(int[] s) => (8.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (12.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Uniform("x", 1, 4, s[0], s[1])];

    public override UnaryLayer Create(int[] s) => new BatchNorm(s[1]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new double[args[0].Length];
        for (int c = 0; c < s[1]; c++)
        {
            double[] column = [.. Enumerable.Range(0, s[0]).Select(row => args[0][row * s[1] + c])];
            double mean = column.Average(), variance = column.Average(x => (x - mean) * (x - mean));
            for (int row = 0; row < s[0]; row++)
                y[row * s[1] + c] = (column[row] - mean) / Math.Sqrt(variance + 1e-5) * args[1][c] + args[2][c];
        }

        return [y];
    }
}
