namespace Dalle2.Ops;

/// <summary>Sizes: pairs, features.</summary>
public sealed class InfoNceCase : LayerCase<InfoNce>
{
    public override int[][] Shapes => [[1, 1], [2, 3], [5, 8], [7, 33], [67, 2]];

    public override int[][] BenchShapes => [[256, 128]];

    public override (double Flops, double Bytes) Cost(int[] s) => (2.0 * s[0] * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (4.0 * s[0] * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("a", 0.5, s), Argument.Normal("b", 0.5, s)];

    public override InfoNce Create(int[] s) => new();

    public override double[][] Reference(int[] s, double[][] args)
    {
        int n = s[0];
        double factor = Math.Exp(args[2][0]);
        var logits = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int d = 0; d < s[1]; d++)
                    logits[i, j] += factor * args[0][i * s[1] + d] * args[1][j * s[1] + d];
            }
        }

        double total = 0;
        for (int i = 0; i < n; i++)
        {
            total += Math.Log(Enumerable.Range(0, n).Sum(j => Math.Exp(logits[i, j]))) - logits[i, i];
            total += Math.Log(Enumerable.Range(0, n).Sum(j => Math.Exp(logits[j, i]))) - logits[i, i];
        }

        return [[total / (2 * n)]];
    }

    protected override Tensor[] Forward(Context context, InfoNce layer, DeviceArguments args) => [layer.Forward(context, args[0], args[1])];

    protected override Tensor?[] Backward(Context context, InfoNce layer, DeviceArguments args, Tensor[] gradients)
    {
        var (da, db) = layer.Backward(context, gradients[0].ToArray(context.Stream)[0]);
        return [da, db];
    }
}
