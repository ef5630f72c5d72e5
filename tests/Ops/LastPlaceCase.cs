namespace Dalle2.Ops;

/// <summary>Sizes: batch, time, width. Lengths go from 0 to more than the time.</summary>
public sealed class LastPlaceCase : LayerCase<LastPlace>
{
    public override int[][] Shapes => [[1, 1, 1], [5, 3, 17]];

    public override int[][] BenchShapes => [[128, 24, 256]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 8.0 * s[0] * s[2]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (0, 4.0 * s[0] * s[2] * (s[1] + 1));

    public override Argument[] Inputs(int[] s) =>
    [
        Argument.Normal("x", 1, s[0], s[1], s[2]),
        Argument.Given("lengths", [.. Enumerable.Range(0, s[0]).Select(b => b % (s[1] + 2))], s[0]),
    ];

    public override LastPlace Create(int[] s) => new();

    public override double[][] Reference(int[] s, double[][] args) =>
    [
        [
            .. Enumerable.Range(0, s[0] * s[2]).Select(at =>
                args[0][(at / s[2] * s[1] + (int)Math.Clamp(args[1][at / s[2]], 1, s[1]) - 1) * s[2] + at % s[2]]),
        ],
    ];

    protected override Tensor[] Forward(Context context, LastPlace layer, DeviceArguments args) =>
        [layer.Forward(context, args[0], args.Integers(1))];

    protected override Tensor?[] Backward(Context context, LastPlace layer, DeviceArguments args, Tensor[] gradients) =>
        [layer.Backward(context, gradients[0]), null];
}
