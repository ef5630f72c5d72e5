namespace Dalle2.Ops;

/// <summary>Sizes: tokens, vocabulary, features, 1 if token 0 is padding.</summary>
public sealed class EmbeddingCase : LayerCase<Embedding>
{
    public override int[][] Shapes => [[1, 1, 1, 1], [1, 1, 1, 0], [7, 5, 3, 1], [7, 5, 3, 0], [150, 2, 4, 1], [40, 100, 6, 1]];

    public override int[][] BenchShapes => [[1536, 2000, 64, 1]];

    public override (double Flops, double Bytes) Cost(int[] s) => (0, 8.0 * s[0] * s[2]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (s[0] * s[2], 8.0 * s[0] * s[2]);

    public override Argument[] Inputs(int[] s) => [Argument.Integers("tokens", 0, s[1], s[0])];

    public override Embedding Create(int[] s) => new(s[1], s[2], s[3] == 1);

    public override double[][] Reference(int[] s, double[][] args) =>
    [
        [.. args[0].SelectMany(token => Enumerable.Range(0, s[2])
        .Select(f => s[3] == 1 && token == 0 ? 0 : args[1][(int)token * s[2] + f]))],
    ];

    protected override Tensor[] Forward(Context context, Embedding layer, DeviceArguments args)
    {
        IntTensor tokens = args.Integers(0);
        return [layer.Forward(context, TokenBatch.Of(context, tokens.ToArray(context.Stream), layer.HasPadding, tokens.Length))];
    }

    protected override Tensor?[] Backward(Context context, Embedding layer, DeviceArguments args, Tensor[] gradients)
    {
        layer.Backward(context, gradients[0]);
        return [null];
    }
}
