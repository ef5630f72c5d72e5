namespace Dalle2.Ops;

/// <summary>Sizes: elements, 1 to add to what is there. Outputs are the scaled sum and the Euclidean norm.</summary>
public sealed class ReductionCase : OpCase
{
    public override int[][] Shapes => [[1, 0], [64, 1], [4095, 0], [4096, 1], [4097, 0], [20000, 1]];

    public override int[][] BenchShapes => [[2_000_000, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) => (3.0 * s[0], 8.0 * s[0]);

    public override double Footprint(int[] s) => 4.0 * s[0];

    // Away from zero, so that the sum is not a small difference of large numbers.
    public override Argument[] Arguments(int[] s) =>
        [Argument.Uniform("x", -1, 2, s[0]).Constant(), Argument.Normal("before", 1, 1).Constant()];

    public override double[][] Reference(int[] s, double[][] args) =>
        [[0.5 * args[0].Sum() + (s[1] == 1 ? args[1][0] : 0)], [Math.Sqrt(args[0].Sum(x => x * x))]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Stream stream = context.Stream;
        Tensor sum = context.Allocate(1), norm = context.Allocate(1), partials = context.Allocate(ReductionOp.Partials(s[0]));
        stream.Copy(args[1].View, sum.View);
        ReductionOp.Sum(stream, args[0], partials, sum, 0.5f, s[1] == 1);
        ReductionOp.PartialSumsOfSquares(stream, args[0].View, partials.View);
        ReductionOp.Norm(stream, partials.View, norm.View);
        return [sum, norm];
    }

    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args) => new(() => Forward(context, s, args), null);

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null];
}
