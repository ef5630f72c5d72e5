namespace Dalle2.Ops;

/// <summary>Sizes: batch, length, width, rows of the table.</summary>
public sealed class LearnedPositionsCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1, 1, 1], [3, 2, 5, 4], [2, 4, 16, 4]];

    public override int[][] BenchShapes => [[64, 77, 512, 77]];

    public override (double Flops, double Bytes) Cost(int[] s) => (s[0] * s[1] * s[2], 8.0 * s[0] * s[1] * s[2]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (s[0] * s[1] * s[2], 4.0 * s[0] * s[1] * s[2]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2])];

    public override UnaryLayer Create(int[] s) => new LearnedPositions(s[3], s[2]);

    public override double[][] Reference(int[] s, double[][] args) =>
        [[.. args[0].Select((x, i) => x + args[1][i % (s[1] * s[2])])]];
}
