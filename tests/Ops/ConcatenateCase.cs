namespace Dalle2.Ops;

/// <summary>Sizes: rows, then the columns of each part.</summary>
public sealed class ConcatenateCase : LayerCase<Concatenate>
{
    public override int[][] Shapes => [[1, 1, 1], [3, 5, 2], [4, 1, 7, 3], [2, 8, 8, 8, 8], [3, 70, 130]];

    public override int[][] BenchShapes => [[4096, 256, 128]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 8.0 * s[0] * s[1..].Sum());

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (0, 8.0 * s[0] * s[1..].Sum());

    public override Argument[] Inputs(int[] s) => [.. s[1..].Select((cols, i) => Argument.Normal($"x{i}", 1, s[0], cols))];

    public override Concatenate Create(int[] s) => new();

    protected override Tensor[] Forward(Context context, Concatenate layer, DeviceArguments args) =>
        [layer.Forward(context, [.. Enumerable.Range(0, args.Count).Select(i => args[i])])];

    protected override Tensor?[] Backward(Context context, Concatenate layer, DeviceArguments args, Tensor[] gradients) =>
        [.. layer.Backward(context, gradients[0])];

    public override double[][] Reference(int[] s, double[][] args)
    {
        var y = new List<double>();
        for (int row = 0; row < s[0]; row++)
        {
            for (int part = 0; part < args.Length; part++)
                y.AddRange(args[part][(row * s[part + 1])..((row + 1) * s[part + 1])]);
        }

        return [[.. y]];
    }
}
