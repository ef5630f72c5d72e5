namespace Dalle2.Ops;

/// <summary>Sizes: rows, columns.</summary>
public sealed class L2NormalizeCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1], [3, 5], [4, 64], [2, 131]];

    public override int[][] BenchShapes => [[4096, 512]];

    public override (double Flops, double Bytes) Cost(int[] s) => (3.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (6.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1])];

    public override UnaryLayer Create(int[] s) => new L2Normalize();

    public override double[][] Reference(int[] s, double[][] args) =>
    [
        [.. args[0].Chunk(s[1]).SelectMany(row => row.Select(x => x / Math.Sqrt(row.Sum(v => v * v) + 1e-12)))],
    ];
}
