namespace Dalle2.Ops;

/// <summary>Sizes: batch, heads, length, keys of a source or 0, size of a head, form: 0 full, 1 causal, 2 with lengths, of which the last is 0, 3 both.</summary>
public sealed class MultiHeadAttentionCase : LayerCase<MultiHeadAttention>
{
    bool isCross;
    bool hasLengths;

    public override int[][] Shapes => [[1, 1, 1, 0, 1, 0], [2, 2, 3, 0, 2, 1], [2, 2, 4, 0, 2, 2], [2, 2, 3, 4, 2, 2]];

    public override int[][] BenchShapes => [[32, 4, 64, 0, 32, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (8.0 * s[0] * s[2] * Width(s) * Width(s) + 4.0 * s[0] * s[2] * s[2] * Width(s),
        8.0 * s[0] * s[2] * Width(s) + 16.0 * Width(s) * Width(s));

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (16.0 * s[0] * s[2] * Width(s) * Width(s) + 10.0 * s[0] * s[2] * s[2] * Width(s),
        12.0 * s[0] * s[2] * Width(s) + 32.0 * Width(s) * Width(s));

    public override Argument[] Inputs(int[] s)
    {
        int keys = s[3] > 0 ? s[3] : s[2];
        Argument x = Argument.Normal("x", 1, s[0], s[2], Width(s)),
            lengths = Argument.Given(
                "lengths", [.. Enumerable.Range(1, s[0]).Select(b => s[5] >= 2 ? (s[0] - b) * keys / s[0] : keys)], s[0]);
        return s[3] > 0 ? [x, lengths, Argument.Normal("source", 1, s[0], s[3], SourceWidth(s))] : [x, lengths];
    }

    public override MultiHeadAttention Create(int[] s)
    {
        (isCross, hasLengths) = (s[3] > 0, s[5] >= 2);
        return new MultiHeadAttention(Width(s), s[1], s[5] % 2 == 1, isCross ? SourceWidth(s) : null);
    }

    // Weights and biases: of queries, of keys, without a bias, of values and of the output.
    public override double[][] Reference(int[] s, double[][] args)
    {
        int width = Width(s), keys = s[3] > 0 ? s[3] : s[2], first = s[3] > 0 ? 3 : 2;
        double[] source = s[3] > 0 ? args[2] : args[0];
        double[] results = AttentionCase.Attend(
            s[0], s[1], s[2], keys, s[4], s[5] % 2 == 1, Project(args[0], args[first], args[first + 1]),
            Project(source, args[first + 2], null), Project(source, args[first + 3], args[first + 4]), args[1]);
        return [Project(results, args[first + 5], args[first + 6])];

        double[] Project(double[] x, double[] weight, double[]? bias)
        {
            int inputs = weight.Length / width;
            return
            [
                .. Enumerable.Range(0, x.Length / inputs * width).Select(at => (bias?[at % width] ?? 0) + Enumerable.Range(0, inputs)
                .Sum(i => x[at / width * inputs + i] * weight[i * width + at % width])),
            ];
        }
    }

    protected override Tensor[] Forward(Context context, MultiHeadAttention layer, DeviceArguments args)
    {
        IntTensor? lengths = hasLengths ? args.Integers(1) : null;
        return [isCross ? layer.Forward(context, args[0], args[2], lengths) : layer.Forward(context, args[0], lengths)];
    }

    protected override Tensor?[] Backward(Context context, MultiHeadAttention layer, DeviceArguments args, Tensor[] gradients)
    {
        if (!isCross)
            return [layer.Backward(context, gradients[0]), null];
        var (dx, dsource) = layer.BackwardToSource(context, gradients[0]);
        return [dx, null, dsource];
    }

    static int Width(int[] s) => s[1] * s[4];

    static int SourceWidth(int[] s) => Width(s) + 1;
}
