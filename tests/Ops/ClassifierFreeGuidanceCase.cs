namespace Dalle2.Ops;

/// <summary>Sizes: samples, values of one.</summary>
public sealed class ClassifierFreeGuidanceCase : OpCase
{
    const float Guidance = 2.5f;

    public override int[][] Shapes => [[1, 1], [3, 23]];

    public override int[][] BenchShapes => [[64, 12288]];

    public override (double Flops, double Bytes) Cost(int[] s) => (3.0 * s[0] * s[1], 12.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) => [Argument.Normal("predictions", 1, 2 * s[0], s[1]).Constant()];

    public override double[][] Reference(int[] s, double[][] args)
    {
        int half = s[0] * s[1];
        return [[.. Enumerable.Range(0, half).Select(i => (1 - Guidance) * args[0][half + i] + Guidance * args[0][i])]];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor y = context.Allocate(s[0], s[1]);
        ClassifierFreeGuidanceOp.Combine(context.Stream, args[0], y, Guidance);
        return [y];
    }

    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args) => new(() => Forward(context, s, args), null);

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null];
}
