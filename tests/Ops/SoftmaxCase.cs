namespace Dalle2.Ops;

/// <summary>Sizes: rows, columns.</summary>
public sealed class SoftmaxCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1], [3, 5], [2, 131]];

    public override int[][] BenchShapes => [[8192, 256]];

    public override (double Flops, double Bytes) Cost(int[] s) => (5.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (4.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 2, s[0], s[1])];

    public override UnaryLayer Create(int[] s) => new Softmax();

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new double[args[0].Length];
        for (int row = 0; row < s[0]; row++)
        {
            double[] powers = [.. args[0][(row * s[1])..((row + 1) * s[1])].Select(Math.Exp)];
            for (int col = 0; col < s[1]; col++)
                y[row * s[1] + col] = powers[col] / powers.Sum();
        }

        return [y];
    }
}
