namespace Dalle2.Ops;

/// <summary>Sizes: batch, latent. The noise is an argument.</summary>
public sealed class GaussianReparameterizationCase : OpCase
{
    public override int[][] Shapes => [[1, 1], [3, 7], [4, 32]];

    public override int[][] BenchShapes => [[64, 128]];

    public override (double Flops, double Bytes) Cost(int[] s) => (14.0 * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (14.0 * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
        [Argument.Normal("mean", 1, s), Argument.Normal("logVariance", 1, s), Argument.Normal("eps", 1, s).Constant()];

    public override double[][] Reference(int[] s, double[][] args) =>
        [[.. Enumerable.Range(0, s[0] * s[1]).Select(i => args[0][i] + args[2][i] * Math.Exp(args[1][i] / 2))]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor z = context.Allocate(s);
        GaussianReparameterizationOp.Forward(context.Stream, args[0], args[1], args[2], z);
        return [z];
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        Tensor dlogVariance = context.Allocate(s);
        GaussianReparameterizationOp.Backward(context.Stream, args[1], args[2], gradients[0], dlogVariance);
        return [gradients[0], dlogVariance, null];
    }
}
