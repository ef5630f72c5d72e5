namespace Dalle2.Ops;

/// <summary>Sizes: samples, pixels, channels.</summary>
public sealed class ChannelModulationCase : LayerCase<ChannelModulation>
{
    public override int[][] Shapes => [[1, 1, 1], [2, 3, 5], [3, 65, 2], [2, 4, 17]];

    public override int[][] BenchShapes => [[64, 256, 32]];

    public override (double Flops, double Bytes) Cost(int[] s) => (2.0 * s[0] * s[1] * s[2], 8.0 * s[0] * s[1] * s[2]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (4.0 * s[0] * s[1] * s[2], 12.0 * s[0] * s[1] * s[2]);

    public override Argument[] Inputs(int[] s) =>
        [Argument.Normal("x", 1, s[0], s[1], s[2]), Argument.Normal("modulation", 0.5, s[0], 2 * s[2])];

    public override ChannelModulation Create(int[] s) => new();

    protected override Tensor[] Forward(Context context, ChannelModulation layer, DeviceArguments args) =>
        [layer.Forward(context, args[0], args[1])];

    protected override Tensor?[] Backward(Context context, ChannelModulation layer, DeviceArguments args, Tensor[] gradients)
    {
        var (dx, dmodulation) = layer.Backward(context, gradients[0]);
        return [dx, dmodulation];
    }

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new double[s[0] * s[1] * s[2]];
        for (int i = 0; i < y.Length; i++)
        {
            int sample = i / (s[1] * s[2]), channel = i % s[2];
            y[i] = args[0][i] * (1 + args[1][sample * 2 * s[2] + channel]) + args[1][sample * 2 * s[2] + s[2] + channel];
        }

        return [y];
    }
}
