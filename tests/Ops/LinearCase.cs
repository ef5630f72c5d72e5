namespace Dalle2.Ops;

/// <summary>Sizes: rows, inputs, outputs.</summary>
public sealed class LinearCase : UnaryLayerCase
{
    // The last three take a k beyond the pieces that a group holds at a time: the product, the input's gradient, the weights' gradient.
    public override int[][] Shapes =>
        [[1, 1, 1], [3, 5, 7], [4, 8, 4], [70, 3, 2], [66, 3, 70], [16, 1, 3], [2, 600, 3], [1, 2049, 2], [2, 1, 300], [300, 2, 3]];

    public override int[][] BenchShapes => [[64, 4352, 128], [1024, 512, 512]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (2.0 * s[0] * s[1] * s[2], 4.0 * (s[0] * s[1] + s[1] * s[2] + s[0] * s[2]));

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (4.0 * s[0] * s[1] * s[2], 4.0 * (2.0 * s[0] * s[1] + 2.0 * s[1] * s[2] + s[0] * s[2]));

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1])];

    public override UnaryLayer Create(int[] s) => new Linear(s[1], s[2]);

    public override double[][] Reference(int[] s, double[][] args)
    {
        int rows = s[0], inputs = s[1], outputs = s[2];
        var y = new double[rows * outputs];
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < outputs; o++)
            {
                y[r * outputs + o] = args[2][o];
                for (int i = 0; i < inputs; i++)
                    y[r * outputs + o] += args[0][r * inputs + i] * args[1][i * outputs + o];
            }
        }

        return [y];
    }
}
