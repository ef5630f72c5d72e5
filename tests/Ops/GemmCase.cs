namespace Dalle2.Ops;

/// <summary>Sizes: m, n, k, transpose A, transpose B, accumulate.</summary>
public sealed class GemmCase : OpCase
{
    public override int[][] Shapes =>
    [
        [1, 1, 1, 0, 0, 0], [4, 8, 16, 0, 0, 0], [5, 7, 9, 0, 0, 0], [3, 6, 10, 1, 0, 0], [6, 3, 11, 0, 1, 0], [9, 5, 2, 1, 1, 0],
        [7, 13, 8, 0, 0, 1], [13, 6, 5, 1, 1, 1],
        // A k beyond the pieces of 128 or 256 that a group holds at a time, by one ragged piece and by several.
        [9, 3, 300, 0, 0, 0], [2, 5, 300, 1, 0, 1], [3, 2, 600, 0, 1, 1], [2, 3, 300, 1, 1, 0],
    ];

    public override int[][] BenchShapes => [.. new[] { 512, 1024, 2048 }.Select(n => new[] { n, n, n, 0, 0, 0 })];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (2.0 * s[0] * s[1] * s[2], 4.0 * ((double)s[0] * s[2] + s[2] * s[1] + s[0] * s[1]));

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (4.0 * s[0] * s[1] * s[2], 4.0 * (2.0 * s[0] * s[2] + 2.0 * s[2] * s[1] + s[0] * s[1]));

    public override Argument[] Arguments(int[] s) =>
    [
        s[3] == 1 ? Argument.Normal("a", 1, s[2], s[0]) : Argument.Normal("a", 1, s[0], s[2]),
        s[4] == 1 ? Argument.Normal("b", 1, s[1], s[2]) : Argument.Normal("b", 1, s[2], s[1]),
        s[5] == 1 ? Argument.Normal("c", 1, s[0], s[1]) : Argument.Normal("c", 1, s[0], s[1]).Constant(),
    ];

    public override double[][] Reference(int[] s, double[][] args)
    {
        int m = s[0], n = s[1], k = s[2];
        var c = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = s[5] == 1 ? args[2][i * n + j] : 0;
                for (int l = 0; l < k; l++)
                    sum += (s[3] == 1 ? args[0][l * m + i] : args[0][i * k + l]) * (s[4] == 1 ? args[1][j * k + l] : args[1][l * n + j]);
                c[i * n + j] = sum;
            }
        }

        return [c];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Tensor c = context.Allocate(s[0], s[1]);
        context.Stream.Copy(args[2].View, c.View);
        GemmOp.Multiply(context.Stream, args[0], args[1], c, s[3] == 1, s[4] == 1, s[5] == 1);
        return [c];
    }

    // C is written again and again, without a copy of it before.
    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        return new OpPasses(Multiply, gradients => Backward(context, s, args, gradients));

        Tensor[] Multiply()
        {
            Tensor c = s[5] == 1 ? args[2] : context.Allocate(s[0], s[1]);
            GemmOp.Multiply(context.Stream, args[0], args[1], c, s[3] == 1, s[4] == 1, s[5] == 1);
            return [c];
        }
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        Tensor a = args[0], b = args[1], dc = gradients[0];
        bool ta = s[3] == 1, tb = s[4] == 1;
        Tensor da = context.Allocate(a.Shape), db = context.Allocate(b.Shape);
        // With a transposed operand, its gradient is the transposed product.
        if (ta)
            GemmOp.Multiply(context.Stream, b, dc, da, tb, true);
        else
            GemmOp.Multiply(context.Stream, dc, b, da, false, !tb);
        if (tb)
            GemmOp.Multiply(context.Stream, dc, a, db, true, ta);
        else
            GemmOp.Multiply(context.Stream, a, dc, db, !ta, false);
        return [da, db, s[5] == 1 ? dc : null];
    }
}
