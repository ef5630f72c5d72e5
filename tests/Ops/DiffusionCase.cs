namespace Dalle2.Ops;

/// <summary>Sizes: samples, values of a sample, the number of the target. Outputs: the noisy samples, the noise, the targets.</summary>
public sealed class DiffusionCase : OpCase
{
    const string Noise = "noise";

    public override int[][] Shapes => [[1, 1, 0], [2, 70, 0], [3, 64, 1], [2, 300, 2]];

    public override int[][] BenchShapes => [[64, 12288, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) => (50.0 * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("x", 1, s[0], s[1]).Constant(), Argument.Uniform("alpha", 0, 1, s[0]).Constant(),
        Argument.Uniform("sigma", 0, 1, s[0]).Constant(),
    ];

    // The seed and the step of the check.
    public override double[][] Reference(int[] s, double[][] args)
    {
        double[] x = args[0], eps = Normals(RandomKey.Named(3, 1, Noise), s[0], s[1]);
        double[] noisy = new double[x.Length], targets = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double alpha = args[1][i / s[1]], sigma = args[2][i / s[1]];
            noisy[i] = alpha * x[i] + sigma * eps[i];
            targets[i] = (DiffusionTarget)s[2] switch
            {
                DiffusionTarget.Velocity => alpha * eps[i] - sigma * x[i],
                DiffusionTarget.Noise => eps[i],
                _ => x[i],
            };
        }

        return [noisy, eps, targets];
    }

    /// <summary>The noise that kernels make for so many samples.</summary>
    internal static double[] Normals(RandomKey key, int samples, int length)
    {
        int blocks = (length + 63) / 64 * 16;
        var eps = new double[samples * length];
        for (int i = 0; i < eps.Length; i++)
        {
            int at = i % length;
            RandomBlock block = Philox.Block(key, (uint)(i / length * blocks + 16 * (at / 64) + at % 16));
            var (first, second) = at % 64 < 32 ? (block.W0, block.W1) : (block.W2, block.W3);
            double radius = Math.Sqrt(-2 * Math.Log(1 - Philox.Uniform(first))), angle = 2 * Math.PI * Philox.Uniform(second);
            eps[i] = radius * (at % 32 < 16 ? Math.Cos(angle) : Math.Sin(angle));
        }

        return eps;
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor[] outputs = [context.Allocate(s[0], s[1]), context.Allocate(s[0], s[1]), context.Allocate(s[0], s[1])];
        DiffusionOp.AddNoise(
            context.Stream, args[0], args[1], args[2], context.Key(Noise), (DiffusionTarget)s[2], outputs[0], outputs[1], outputs[2]);
        return outputs;
    }

    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args) => new(() => Forward(context, s, args), null);

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null, null];
}
