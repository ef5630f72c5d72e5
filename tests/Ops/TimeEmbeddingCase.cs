namespace Dalle2.Ops;

/// <summary>Sizes: samples, width, factor.</summary>
public sealed class TimeEmbeddingCase : OpCase
{
    public override int[][] Shapes => [[1, 2, 1], [3, 34, 1000], [2, 64, 100]];

    public override int[][] BenchShapes => [[64, 128, 1000]];

    public override (double Flops, double Bytes) Cost(int[] s) => (40.0 * s[0] * s[1], 4.0 * s[0] * s[1]);

    public override Argument[] Arguments(int[] s) => [Argument.Uniform("times", 0, 1, s[0]).Constant()];

    public override double[][] Reference(int[] s, double[][] args)
    {
        int half = s[1] / 2;
        var y = new double[s[0] * s[1]];
        for (int i = 0; i < s[0] * half; i++)
        {
            int row = i / half, col = i % half;
            double angle = args[0][row] * s[2] * Math.Exp(-Math.Log(10000) * col / half);
            (y[row * s[1] + col], y[row * s[1] + half + col]) = (Math.Cos(angle), Math.Sin(angle));
        }

        return [y];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args) =>
        [new TimeEmbedding(s[1], s[2]).Forward(context, args[0])];

    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args) => new(() => Forward(context, s, args), null);

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null];
}
