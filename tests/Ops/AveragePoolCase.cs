namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width and channels of the map before, factor.</summary>
public sealed class AveragePoolCase : UnaryLayerCase
{
    public override int[][] Shapes => [[2, 4, 6, 3, 2], [1, 3, 3, 17, 3]];

    public override int[][] BenchShapes => [[64, 32, 32, 64, 2]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (1.0 * s[0] * s[1] * s[2] * s[3], 4.0 * s[0] * s[1] * s[2] * s[3] * (1 + 1.0 / (s[4] * s[4])));

    public override (double Flops, double Bytes) BackwardCost(int[] s) => Cost(s);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) => new AveragePool(s[4]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        int f = s[4];
        var y = new double[args[0].Length / f / f];
        for (int i = 0; i < args[0].Length; i++)
        {
            int c = i % s[3], col = i / s[3] % s[2], row = i / s[3] / s[2];
            y[(row / f * (s[2] / f) + col / f) * s[3] + c] += args[0][i] / (f * f);
        }

        return [y];
    }
}
