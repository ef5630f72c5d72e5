namespace Dalle2.Ops;

/// <summary>Sizes: rows, features.</summary>
public sealed class RmsNormCase : UnaryLayerCase
{
    const float Eps = 0.5f;    // large enough that a result without it would be seen

    public override int[][] Shapes => [[1, 1], [3, 31], [2, 32], [5, 67], [80, 3], [2, 200]];

    public override int[][] BenchShapes => [[4096, 512]];

    public override (double Flops, double Bytes) Cost(int[] s) => (4.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (9.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1])];

    public override UnaryLayer Create(int[] s) => new RmsNorm(s[1], Eps);

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new double[args[0].Length];
        for (int row = 0; row < s[0]; row++)
        {
            double square = args[0][(row * s[1])..((row + 1) * s[1])].Average(v => v * v);
            for (int c = 0; c < s[1]; c++)
                y[row * s[1] + c] = args[0][row * s[1] + c] / Math.Sqrt(square + Eps) * args[1][c];
        }

        return [y];
    }
}
