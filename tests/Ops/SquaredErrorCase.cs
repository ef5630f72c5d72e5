namespace Dalle2.Ops;

/// <summary>Sizes: batch, pixels.</summary>
public sealed class SquaredErrorCase : OpCase
{
    readonly SquaredError loss = new();

    public override int[][] Shapes => [[1, 1], [3, 7], [4, 32], [2, 171]];

    public override int[][] BenchShapes => [[64, 12288]];

    public override (double Flops, double Bytes) Cost(int[] s) => (3.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (2.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
        [Argument.Normal("predictions", 1, s[0], s[1]), Argument.Normal("targets", 1, s[0], s[1]).Constant()];

    public override double[][] Reference(int[] s, double[][] args) => [[args[0].Zip(args[1], (x, t) => (x - t) * (x - t)).Sum() / s[0]]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) => [loss.Forward(context, args[0], args[1])];

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) =>
        [loss.Backward(context, gradients[0].ToArray(context.Stream)[0]), null];
}
