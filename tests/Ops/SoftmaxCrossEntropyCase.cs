namespace Dalle2.Ops;

/// <summary>Sizes: rows, classes. Every third target is padding; outputs are the loss and the number of right rows.</summary>
public sealed class SoftmaxCrossEntropyCase : OpCase
{
    readonly SoftmaxCrossEntropy loss = new();

    public override int[][] Shapes => [[1, 1], [2, 1], [3, 5], [7, 33], [5, 130]];

    public override int[][] BenchShapes => [[1536, 2000]];

    public override (double Flops, double Bytes) Cost(int[] s) => (10.0 * s[0] * s[1], 4.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (8.0 * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("logits", 3, s[0], s[1]),
        Argument.Given("targets", [.. Enumerable.Range(0, s[0]).Select(row => row % 3 == 2 ? -1 : row * 7 % s[1])], s[0]),
    ];

    public override double[][] Reference(int[] s, double[][] args)
    {
        double sum = 0, counted = 0, correct = 0;
        for (int row = 0; row < s[0]; row++)
        {
            int target = (int)args[1][row];
            if (target < 0)
                continue;
            double[] x = args[0][(row * s[1])..((row + 1) * s[1])];
            sum += Math.Log(x.Sum(Math.Exp)) - x[target];
            counted++;
            correct += x[target] == x.Max() ? 1 : 0;
        }

        return [[sum / counted], [correct]];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) =>
        [loss.Forward(context, args[0], args.Integers(1)), loss.Correct];

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) =>
        [loss.Backward(context, gradients[0].ToArray(context.Stream)[0]), null];
}
