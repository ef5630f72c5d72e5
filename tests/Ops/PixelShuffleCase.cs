namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width and channels of the map behind, factor.</summary>
public sealed class PixelShuffleCase : UnaryLayerCase
{
    public override int[][] Shapes => [[2, 4, 2, 5, 2]];

    public override int[][] BenchShapes => [[64, 32, 32, 3, 2]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 8.0 * s[0] * s[1] * s[2] * s[3]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => Cost(s);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1] / s[4], s[2] / s[4], s[3] * s[4] * s[4])];

    public override UnaryLayer Create(int[] s) => new PixelShuffle(s[4]);

    public override double[][] Reference(int[] s, double[][] args) =>
        [[.. Enumerable.Range(0, args[0].Length).Select(i => args[0][PixelUnshuffleCase.Unshuffled(s, i)])]];
}
