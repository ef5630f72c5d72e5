namespace Dalle2.Ops;

/// <summary>Sizes: batch, latent.</summary>
public sealed class UnitGaussianKlDivergenceCase : OpCase
{
    readonly UnitGaussianKlDivergence loss = new();

    public override int[][] Shapes => [[1, 1], [3, 7], [4, 32]];

    public override int[][] BenchShapes => [[64, 128]];

    public override (double Flops, double Bytes) Cost(int[] s) => (14.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (14.0 * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) => [Argument.Normal("mean", 1, s), Argument.Normal("logVariance", 1, s)];

    // The general formula with a prior of mean 0 and deviation 1.
    public override double[][] Reference(int[] s, double[][] args) =>
        [[args[0].Zip(args[1], (mean, v) => GaussianKlDivergenceCase.Divergence(mean, Math.Exp(v / 2), 0, 1)).Sum() / s[0]]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) => [loss.Forward(context, args[0], args[1])];

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        var (dmean, dlogVariance) = loss.Backward(context, gradients[0].ToArray(context.Stream)[0]);
        return [dmean, dlogVariance];
    }
}
