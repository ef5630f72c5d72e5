namespace Dalle2.Ops;

/// <summary>A product with bias and activation in one pass. Sizes: the number of the activation's kind, rows, inputs, outputs.</summary>
public sealed class ActivatedLinearCase : UnaryLayerCase
{
    const float Slope = 0.2f;

    // Rows joined, rows past a chunk, columns past a block.
    public override int[][] Shapes =>
        [.. Enum.GetValues<ActivationKind>().SelectMany(kind =>
        new int[][] { [(int)kind, 16, 2, 3], [(int)kind, 66, 1, 5], [(int)kind, 2, 2, 300] })];

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[1], s[2])];

    public override UnaryLayer Create(int[] s) => new Linear(s[2], s[3], activation: (ActivationKind)s[0], slope: Slope);

    public override double[][] Reference(int[] s, double[][] args) =>
        new ActivationCase().Reference([s[0]], new LinearCase().Reference(s[1..], args));
}
