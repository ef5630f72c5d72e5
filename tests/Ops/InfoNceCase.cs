namespace Dalle2.Ops;

/// <summary>Sizes: pairs, features, and the groups that pairs are of, where they are.</summary>
public sealed class InfoNceCase : LayerCase<InfoNce>
{
    bool hasGroups;

    public override int[][] Shapes => [[1, 1], [2, 3], [5, 8], [7, 33], [67, 2], [6, 5, 3], [70, 4, 20]];

    public override int[][] BenchShapes => [[256, 128]];

    public override (double Flops, double Bytes) Cost(int[] s) => (2.0 * s[0] * s[0] * s[1], 8.0 * s[0] * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (4.0 * s[0] * s[0] * s[1], 16.0 * s[0] * s[1]);

    public override Argument[] Inputs(int[] s) =>
    [
        Argument.Normal("a", 0.5, s[..2]), Argument.Normal("b", 0.5, s[..2]),
        .. HasGroups(s) ? [Argument.Integers("groups", 0, s[2], s[0])] : Array.Empty<Argument>(),
    ];

    public override InfoNce Create(int[] s)
    {
        hasGroups = HasGroups(s);
        return new InfoNce();
    }

    public override double[][] Reference(int[] s, double[][] args)
    {
        int n = s[0];
        double factor = Math.Exp(args[^1][0]);
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
            int[] rivals = [.. Enumerable.Range(0, n).Where(j => j == i || !HasGroups(s) || args[2][i] != args[2][j])];
            total += Math.Log(rivals.Sum(j => Math.Exp(logits[i, j]))) - logits[i, i];
            total += Math.Log(rivals.Sum(j => Math.Exp(logits[j, i]))) - logits[i, i];
        }

        return [[total / (2 * n)]];
    }

    protected override Tensor[] Forward(Context context, InfoNce layer, DeviceArguments args) =>
        [layer.Forward(context, args[0], args[1], hasGroups ? args.Integers(2) : null)];

    protected override Tensor?[] Backward(Context context, InfoNce layer, DeviceArguments args, Tensor[] gradients)
    {
        var (da, db) = layer.Backward(context, gradients[0].ToArray(context.Stream)[0]);
        return hasGroups ? [da, db, null] : [da, db];
    }

    static bool HasGroups(int[] s) => s.Length > 2;
}
