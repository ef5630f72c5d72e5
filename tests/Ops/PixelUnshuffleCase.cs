namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width and channels of the map before, factor.</summary>
public sealed class PixelUnshuffleCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1, 1, 1, 1], [2, 4, 6, 3, 2], [1, 3, 6, 25, 3]];

    public override int[][] BenchShapes => [[64, 32, 32, 3, 2], [64, 32, 32, 48, 2]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 8.0 * s[0] * s[1] * s[2] * s[3]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => Cost(s);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) => new PixelUnshuffle(s[4]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new double[args[0].Length];
        for (int i = 0; i < y.Length; i++)
            y[Unshuffled(s, i)] = args[0][i];
        return [y];
    }

    /// <summary>Where an element of the map lies in that of many channels.</summary>
    internal static int Unshuffled(int[] s, int i)
    {
        int f = s[4], c = i % s[3], col = i / s[3] % s[2], row = i / s[3] / s[2];
        return ((row / f * (s[2] / f) + col / f) * f * f + row % f * f + col % f) * s[3] + c;
    }
}
