namespace Dalle2.Ops;

/// <summary>Sizes: elements, percent dropped.</summary>
public sealed class DropoutCase : UnaryLayerCase
{
    public override int[][] Shapes => [[1, 50], [7, 25], [64, 50], [333, 90], [5, 0], [4103, 50]];

    public override int[][] BenchShapes => [[1 << 20, 50]];

    public override (double Flops, double Bytes) Cost(int[] s) => (s[0], 8.0 * s[0]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (s[0], 8.0 * s[0]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0])];

    public override UnaryLayer Create(int[] s) => new Dropout(s[1] / 100f);

    // The seed and the step of the check, and the name that a case gives its layer.
    public override double[][] Reference(int[] s, double[][] args)
    {
        RandomKey key = RandomKey.Named(3, 1, "case");
        var y = new double[s[0]];
        for (int i = 0; i < y.Length; i++)
        {
            RandomBlock block = Philox.Block(key, (uint)(16 * (i / 64) + i % 16));
            uint word = (i % 64 / 16) switch { 0 => block.W0, 1 => block.W1, 2 => block.W2, _ => block.W3 };
            y[i] = (word >> 8) / 16777216.0 < s[1] / 100f ? 0 : args[0][i] / (1 - s[1] / 100f);
        }

        return [y];
    }
}
