namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width, channels, factor.</summary>
public sealed class UpsampleCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1, 1, 1, 1], [2, 2, 3, 5, 2], [1, 1, 2, 65, 3]];

    public override int[][] BenchShapes => [[64, 16, 16, 64, 2]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 4.0 * s[0] * s[1] * s[2] * s[3] * (1 + s[4] * s[4]));

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (1.0 * s[0] * s[1] * s[2] * s[3] * s[4] * s[4], Cost(s).Bytes);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) => new Upsample(s[4]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        int f = s[4], width = s[2] * f;
        var y = new double[args[0].Length * f * f];
        for (int i = 0; i < y.Length; i++)
        {
            int c = i % s[3], col = i / s[3] % width, row = i / s[3] / width;
            y[i] = args[0][(row / f * s[2] + col / f) * s[3] + c];
        }

        return [y];
    }
}
