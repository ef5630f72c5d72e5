namespace Dalle2.Ops;

/// <summary>Sizes: batch, values of a sample.</summary>
public sealed class WeightedSquaredErrorCase : OpCase
{
    readonly WeightedSquaredError loss = new();

    public override int[][] Shapes => [[1, 1], [3, 7], [2, 171]];

    public override int[][] BenchShapes => [[64, 12288]];

    public override (double Flops, double Bytes) Cost(int[] s) => (3.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (2.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("predictions", 1, s[0], s[1]), Argument.Normal("targets", 1, s[0], s[1]).Constant(),
        Argument.Uniform("weights", 0, 5, s[0]).Constant(),
    ];

    public override double[][] Reference(int[] s, double[][] args) =>
        [[Losses(s, args).Zip(args[2], (loss, weight) => loss * weight).Average()]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) =>
        [loss.Forward(context, args[0], args[1], args[2])];

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) =>
        [loss.Backward(context, gradients[0].ToArray(context.Stream)[0]), null, null];

    static IEnumerable<double> Losses(int[] s, double[][] args) => Enumerable.Range(0, s[0]).Select(
        n => Enumerable.Range(n * s[1], s[1]).Average(i => (args[0][i] - args[1][i]) * (args[0][i] - args[1][i])));
}
