namespace Dalle2.Ops;

/// <summary>Sizes: batch, m, n, k, transpose A, transpose B, accumulate.</summary>
public sealed class BatchedGemmCase : OpCase
{
    public override int[][] Shapes =>
    [
        [1, 1, 1, 1, 0, 0, 0], [3, 5, 7, 9, 0, 1, 0], [2, 4, 8, 12, 0, 0, 1], [2, 3, 6, 5, 1, 0, 0], [2, 9, 5, 4, 1, 1, 1],
    ];

    public override int[][] BenchShapes => [[32, 256, 256, 32, 0, 1, 0], [32, 256, 32, 256, 0, 0, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (2.0 * s[0] * s[1] * s[2] * s[3], 4.0 * s[0] * ((double)s[1] * s[3] + s[3] * s[2] + s[1] * s[2]));

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (4.0 * s[0] * s[1] * s[2] * s[3], 4.0 * s[0] * (2.0 * s[1] * s[3] + 2.0 * s[3] * s[2] + s[1] * s[2]));

    public override Argument[] Arguments(int[] s) =>
    [
        s[4] == 1 ? Argument.Normal("a", 1, s[0], s[3], s[1]) : Argument.Normal("a", 1, s[0], s[1], s[3]),
        s[5] == 1 ? Argument.Normal("b", 1, s[0], s[2], s[3]) : Argument.Normal("b", 1, s[0], s[3], s[2]),
        s[6] == 1 ? Argument.Normal("c", 1, s[0], s[1], s[2]) : Argument.Normal("c", 1, s[0], s[1], s[2]).Constant(),
    ];

    public override double[][] Reference(int[] s, double[][] args)
    {
        int m = s[1], n = s[2], k = s[3];
        var c = new double[s[0] * m * n];
        for (int at = 0; at < c.Length; at++)
        {
            int b = at / (m * n), i = at / n % m, j = at % n;
            c[at] = s[6] == 1 ? args[2][at] : 0;
            for (int l = 0; l < k; l++)
            {
                double left = args[0][b * m * k + (s[4] == 1 ? l * m + i : i * k + l)];
                c[at] += left * args[1][b * k * n + (s[5] == 1 ? j * k + l : l * n + j)];
            }
        }

        return [c];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor c = context.Allocate(s[0], s[1], s[2]);
        context.Stream.Copy(args[2].View, c.View);
        BatchedGemmOp.Multiply(context.Stream, args[0], args[1], c, s[4] == 1, s[5] == 1, s[6] == 1);
        return [c];
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        Tensor a = args[0], b = args[1], dc = gradients[0];
        bool ta = s[4] == 1, tb = s[5] == 1;
        Tensor da = context.Allocate(a.Shape), db = context.Allocate(b.Shape);
        // With a transposed operand, its gradient is the transposed product.
        if (ta)
            BatchedGemmOp.Multiply(context.Stream, b, dc, da, tb, true);
        else
            BatchedGemmOp.Multiply(context.Stream, dc, b, da, false, !tb);
        if (tb)
            BatchedGemmOp.Multiply(context.Stream, dc, a, db, true, ta);
        else
            BatchedGemmOp.Multiply(context.Stream, a, dc, db, !ta, false);
        return [da, db, s[6] == 1 ? dc : null];
    }
}
