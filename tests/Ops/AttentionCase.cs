namespace Dalle2.Ops;

/// <summary>Sizes: batch, heads, queries, keys, size of a head, form: 0 full, 1 causal, 2 with lengths, of which the last is 0, 3 both.</summary>
public sealed class AttentionCase : OpCase
{
    Tensor? y;
    Tensor? logSums;

    // Heads side by side, each form, more queries, keys and values than a group holds at a time, and heads enough for a group each.
    public override int[][] Shapes =>
    [
        [1, 1, 1, 1, 1, 0], [2, 2, 5, 3, 4, 0], [3, 1, 3, 6, 4, 2], [2, 1, 4, 5, 2, 3], [1, 1, 66, 66, 1, 1], [1, 1, 2, 17, 97, 0],
        [2, 4, 34, 35, 2, 3], [2, 4, 1, 2, 65, 2],
    ];

    public override int[][] BenchShapes =>
        [[8, 4, 256, 256, 32, 0], [32, 4, 64, 64, 32, 0], [8, 4, 256, 256, 32, 1], [8, 4, 256, 256, 64, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) => (4 * Pairs(s) * s[4], 8.0 * s[0] * s[1] * (s[2] + s[3]) * s[4]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (10 * Pairs(s) * s[4], 4.0 * s[0] * s[1] * (4 * s[2] + 4 * s[3]) * s[4]);

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("q", 1, s[0], s[2], s[1] * s[4]), Argument.Normal("k", 1, s[0], s[3], s[1] * s[4]),
        Argument.Normal("v", 1, s[0], s[3], s[1] * s[4]),
        Argument.Given("lengths", [.. Enumerable.Range(1, s[0]).Select(b => HasLengths(s) ? (s[0] - b) * s[3] / s[0] : s[3])], s[0]),
    ];

    public override double[][] Reference(int[] s, double[][] args) =>
        [Attend(s[0], s[1], s[2], s[3], s[4], IsCausal(s), args[0], args[1], args[2], args[3])];

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        y = context.Allocate(args[0].Shape);
        logSums = context.Allocate(s[0], s[1], s[2]);
        AttentionOp.Forward(context.Stream, args[0], args[1], args[2], Lengths(s, args), y, logSums, Scale(s[4]), IsCausal(s));
        return [y];
    }

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients)
    {
        Tensor dq = context.Allocate(args[0].Shape), dk = context.Allocate(args[1].Shape), dv = context.Allocate(args[2].Shape);
        AttentionOp.Backward(
            context.Stream, args[0], args[1], args[2], Lengths(s, args), y!, logSums!, gradients[0], context.Allocate(logSums!.Shape),
            dq, dk, dv, Scale(s[4]), IsCausal(s));
        return [dq, dk, dv, null];
    }

    /// <summary>The definition.</summary>
    internal static double[] Attend(int batch, int heads, int queries, int keys, int size, bool causal, double[] q, double[] k, double[] v,
        double[]? lengths)
    {
        int width = heads * size;
        var y = new double[batch * queries * width];
        for (int b = 0; b < batch; b++)
        {
            for (int h = 0; h < heads; h++)
            {
                for (int i = 0; i < queries; i++)
                {
                    int count = Math.Min(lengths == null ? keys : (int)lengths[b], causal ? Math.Min(keys, i + 1) : keys);
                    double[] powers = [.. Enumerable.Range(0, count).Select(j => Math.Exp(Score(b, h, i, j)))];
                    double total = powers.Sum();
                    for (int d = 0; d < size; d++)
                    {
                        for (int j = 0; j < count; j++)
                            y[(b * queries + i) * width + h * size + d] += powers[j] / total * v[(b * keys + j) * width + h * size + d];
                    }
                }
            }
        }

        return y;

        double Score(int b, int h, int i, int j)
        {
            double sum = 0;
            for (int d = 0; d < size; d++)
                sum += q[(b * queries + i) * width + h * size + d] * k[(b * keys + j) * width + h * size + d];
            return sum / Math.Sqrt(size);
        }
    }

    static float Scale(int size) => 1 / MathF.Sqrt(size);

    static bool IsCausal(int[] s) => (s[5] & 1) != 0;

    static bool HasLengths(int[] s) => (s[5] & 2) != 0;

    static IntTensor? Lengths(int[] s, DeviceArguments args) => HasLengths(s) ? args.Integers(3) : null;

    // Of queries and keys that meet.
    static double Pairs(int[] s) => (double)s[0] * s[1] * s[2] * s[3] * (IsCausal(s) ? 0.5 : 1);
}
