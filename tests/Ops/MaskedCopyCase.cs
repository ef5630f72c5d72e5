namespace Dalle2.Ops;

/// <summary>Sizes: pixels, channels. The mask is 0 for every third pixel.</summary>
public sealed class MaskedCopyCase : OpCase
{
    public override int[][] Shapes => [[1, 1], [7, 3], [40, 5]];

    public override int[][] BenchShapes => [[64 * 4096, 3]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 4.0 * s[0] + 8.0 / 3 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("x", 1, s[0], s[1]).Constant(), Argument.Normal("y", 1, s[0], s[1]).Constant(),
        Argument.Given("mask", [.. Enumerable.Range(0, s[0]).Select(pixel => pixel % 3)], s[0]),
    ];

    public override double[][] Reference(int[] s, double[][] args) =>
        [[.. args[1].Select((value, i) => args[2][i / s[1]] == 0 ? args[0][i] : value)]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor y = context.Allocate(s[0], s[1]);
        context.Stream.Copy(args[1].View, y.View);
        MaskedCopyOp.CopyUnmasked(context.Stream, args[0], args.Integers(2), y);
        return [y];
    }

    // One copy, over and over.
    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        return new OpPasses(Copy, null);

        Tensor[] Copy()
        {
            MaskedCopyOp.CopyUnmasked(context.Stream, args[0], args.Integers(2), args[1]);
            return [args[1]];
        }
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null, null];
}
