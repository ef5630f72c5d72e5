namespace Dalle2.Ops;

/// <summary>Sizes: batch, latent.</summary>
public sealed class GaussianKlDivergenceCase : OpCase
{
    readonly GaussianKlDivergence loss = new();

    public override int[][] Shapes => [[1, 1], [3, 7], [4, 32]];

    public override int[][] BenchShapes => [[64, 128]];

    public override (double Flops, double Bytes) Cost(int[] s) => (20.0 * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (20.0 * s[0] * s[1], 32.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("mean", 1, s), Argument.Normal("logVariance", 1, s),
        Argument.Normal("priorMean", 1, s), Argument.Normal("priorLogVariance", 1, s),
    ];

    /// <summary>KL(N(m, s^2) || N(p, q^2)) = log(q / s) + (s^2 + (m - p)^2) / (2 q^2) - 1/2.</summary>
    public static double Divergence(double m, double s, double p, double q) =>
        Math.Log(q / s) + (s * s + (m - p) * (m - p)) / (2 * q * q) - 0.5;

    public override double[][] Reference(int[] s, double[][] args) =>
    [
        [Enumerable.Range(0, s[0] * s[1]).Sum(i => Divergence(args[0][i], Math.Exp(args[1][i] / 2), args[2][i], Math.Exp(args[3][i] / 2)))
        / s[0]],
    ];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) =>
        [loss.Forward(context, args[0], args[1], args[2], args[3])];

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        var (dmean, dlogVariance, dpriorMean, dpriorLogVariance) = loss.Backward(context, gradients[0].ToArray(context.Stream)[0]);
        return [dmean, dlogVariance, dpriorMean, dpriorLogVariance];
    }
}
