namespace Dalle2.Ops;

/// <summary>Sizes: batch, height, width, channels; flattened.</summary>
public sealed class ReshapeCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 1, 1, 1], [3, 2, 4, 5]];

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s)];

    public override UnaryLayer Create(int[] s) => Reshape.Flatten();

    public override double[][] Reference(int[] s, double[][] args) => [args[0]];
}
