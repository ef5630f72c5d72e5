namespace Dalle2.Ops;

/// <summary>Sizes: elements. Outputs: y + x, y + 3 x, 3 x.</summary>
public sealed class ElementwiseCase : OpCase
{
    const float Factor = 3f;

    public override int[][] Shapes => [[1], [37]];

    public override int[][] BenchShapes => [[1 << 20]];

    public override (double Flops, double Bytes) Cost(int[] s) => (4.0 * s[0], 32.0 * s[0]);

    public override double Footprint(int[] s) => 12.0 * s[0];

    public override Argument[] Arguments(int[] s) => [Argument.Normal("y", 1, s[0]), Argument.Normal("x", 1, s[0])];

    public override double[][] Reference(int[] s, double[][] args) =>
    [
        [.. args[0].Zip(args[1], (y, x) => y + x)],
        [.. args[0].Zip(args[1], (y, x) => y + Factor * x)],
        [.. args[1].Select(x => Factor * x)],
    ];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor sum = Copy(context, args[0]), scaledSum = Copy(context, args[0]), scaled = context.Allocate(s[0]);
        ElementwiseOp.AddInPlace(context.Stream, sum, args[1]);
        ElementwiseOp.AddScaledInPlace(context.Stream, scaledSum, args[1], Factor);
        ElementwiseOp.Scale(context.Stream, args[1], Factor, scaled);
        return [sum, scaledSum, scaled];
    }

    // The three kernels, without copies of what they change; the first grows no faster than the runs.
    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        return new OpPasses(Run, null);

        Tensor[] Run()
        {
            Tensor scaled = context.Allocate(s[0]);
            ElementwiseOp.AddInPlace(context.Stream, args[0], args[1]);
            ElementwiseOp.AddScaledInPlace(context.Stream, args[0], args[1], Factor);
            ElementwiseOp.Scale(context.Stream, args[1], Factor, scaled);
            return [args[0], scaled];
        }
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        Tensor dy = Copy(context, gradients[0]), dx = context.Allocate(s[0]);
        ElementwiseOp.AddInPlace(context.Stream, dy, gradients[1]);
        ElementwiseOp.Scale(context.Stream, gradients[2], Factor, dx);
        ElementwiseOp.AddScaledInPlace(context.Stream, dx, gradients[1], Factor);
        ElementwiseOp.AddInPlace(context.Stream, dx, gradients[0]);
        return [dy, dx];
    }

    static Tensor Copy(Context context, Tensor x)
    {
        Tensor y = context.Allocate(x.Shape);
        context.Stream.Copy(x.View, y.View);
        return y;
    }
}
