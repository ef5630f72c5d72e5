namespace Dalle2.Ops;

/// <summary>Sizes: batch, pixels. Some logits are large, where a naive formula overflows.</summary>
public sealed class BinaryCrossEntropyWithLogitsCase : OpCase
{
    readonly BinaryCrossEntropyWithLogits loss = new();

    public override int[][] Shapes => [[1, 1], [3, 7], [4, 32], [5, 67]];

    public override int[][] BenchShapes => [[64, 12288]];

    public override (double Flops, double Bytes) Cost(int[] s) => (30.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (20.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
        [Argument.Normal("logits", 8, s[0], s[1]), Argument.Uniform("targets", 0, 1, s[0], s[1]).Constant()];

    public override double[][] Reference(int[] s, double[][] args)
    {
        double sum = 0;
        for (int i = 0; i < args[0].Length; i++)
        {
            double p = 1 / (1 + Math.Exp(-args[0][i])), q = 1 / (1 + Math.Exp(args[0][i]));
            sum += -args[1][i] * Math.Log(p) - (1 - args[1][i]) * Math.Log(q);
        }

        return [[sum / s[0]]];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) => [loss.Forward(context, args[0], args[1])];

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) =>
        [loss.Backward(context, gradients[0].ToArray(context.Stream)[0]), null];
}
