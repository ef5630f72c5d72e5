namespace Dalle2.Ops;

/// <summary>Sizes: samples, pixels, channels, groups, 1 with modulation, 1 with SiLU.</summary>
public sealed class GroupNormActivationCase : LayerCase<GroupNormActivation>
{
    public override int[][] Shapes =>
        [[1, 1, 1, 1, 0, 1], [2, 3, 6, 3, 1, 1], [2, 2, 4, 1, 1, 0], [2, 67, 4, 2, 1, 1], [1, 2, 70, 2, 0, 0]];

    public override int[][] BenchShapes => [[64, 256, 64, 8, 1, 1], [64, 256, 64, 8, 0, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) => (14.0 * s[0] * s[1] * s[2], 8.0 * s[0] * s[1] * s[2]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (30.0 * s[0] * s[1] * s[2], 12.0 * s[0] * s[1] * s[2]);

    public override Argument[] Inputs(int[] s)
    {
        Argument x = Argument.Uniform("x", 1, 4, s[0], s[1], s[2]);
        return s[4] == 1 ? [x, Argument.Normal("modulation", 0.5, s[0], 2 * s[2])] : [x];
    }

    public override GroupNormActivation Create(int[] s) => new(s[3], s[2], s[5] == 1);

    protected override Tensor[] Forward(Context context, GroupNormActivation layer, DeviceArguments args) =>
        [args.Count == 4 ? layer.Forward(context, args[0], args[1]) : layer.Forward(context, args[0])];

    protected override Tensor?[] Backward(Context context, GroupNormActivation layer, DeviceArguments args, Tensor[] gradients)
    {
        if (args.Count < 4)
            return [layer.Backward(context, gradients[0])];
        var (dx, dmodulation) = layer.BackwardModulated(context, gradients[0]);
        return [dx, dmodulation];
    }

    public override double[][] Reference(int[] s, double[][] args)
    {
        int pixels = s[1], channels = s[2], width = channels / s[3];
        double[] x = args[0], gamma = args[^2], beta = args[^1], y = new double[x.Length];
        for (int n = 0; n < s[0]; n++)
        {
            for (int g = 0; g < s[3]; g++)
            {
                int[] members =
                [
                    .. from pixel in Enumerable.Range(0, pixels)
                       from c in Enumerable.Range(g * width, width)
                       select (n * pixels + pixel) * channels + c,
                ];
                double mean = members.Average(i => x[i]), variance = members.Average(i => (x[i] - mean) * (x[i] - mean));
                foreach (int i in members)
                {
                    int c = i % channels;
                    double u = (x[i] - mean) / Math.Sqrt(variance + 1e-5) * gamma[c] + beta[c];
                    if (s[4] == 1)
                        u = u * (1 + args[1][n * 2 * channels + c]) + args[1][n * 2 * channels + channels + c];
                    y[i] = s[5] == 1 ? u / (1 + Math.Exp(-u)) : u;
                }
            }
        }

        return [y];
    }
}
