namespace Dalle2.Ops;

/// <summary>Sizes: elements. Outputs: the averages after a step, and two ranges that were swapped.</summary>
public sealed class ExponentialMovingAverageCase : OpCase
{
    const float Rate = 0.25f;

    public override int[][] Shapes => [[1], [67]];

    public override int[][] BenchShapes => [[2_000_000]];

    public override (double Flops, double Bytes) Cost(int[] s) => (3.0 * s[0], 12.0 * s[0]);

    public override double Footprint(int[] s) => 8.0 * s[0];

    public override Argument[] Arguments(int[] s) =>
        [Argument.Normal("averages", 1, s[0]).Constant(), Argument.Normal("values", 1, s[0]).Constant()];

    public override double[][] Reference(int[] s, double[][] args) =>
        [[.. args[0].Zip(args[1], (average, value) => (1 - Rate) * average + Rate * value)], args[1], args[0]];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor[] copies = [.. new[] { args[0], args[0], args[1] }.Select(x =>
        {
            Tensor copy = context.Allocate(x.Shape);
            context.Stream.Copy(x.View, copy.View);
            return copy;
        })];
        ExponentialMovingAverageOp.Update(context.Stream, copies[0].View, args[1].View, context.Upload([Rate], 1).View);
        ExponentialMovingAverageOp.Swap(context.Stream, copies[1].View, copies[2].View);
        return copies;
    }

    // The step alone, over and over.
    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        Tensor rate = context.Upload([Rate], 1);
        return new OpPasses(Update, null);

        Tensor[] Update()
        {
            ExponentialMovingAverageOp.Update(context.Stream, args[0].View, args[1].View, rate.View);
            return [args[0]];
        }
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null];
}
