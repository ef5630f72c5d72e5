namespace Dalle2.Ops;

/// <summary>
/// Sizes: batch, height, width, inputs, outputs, then kernel, stride, padding and dilation, each along the height and along the width,
/// then 1 for a bias.
/// </summary>
public sealed class Conv2dCase : UnaryLayerCase
{
    public override int[][] Shapes =>
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0],
        [2, 6, 7, 3, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1],
        [2, 8, 8, 4, 8, 4, 4, 2, 2, 1, 1, 1, 1, 1],
        [1, 9, 5, 2, 3, 3, 2, 2, 3, 0, 1, 1, 1, 0],
        [2, 7, 9, 2, 3, 2, 3, 1, 2, 2, 3, 3, 2, 1],
        [1, 5, 5, 5, 4, 1, 1, 3, 2, 0, 0, 1, 1, 1],
        [1, 2, 12, 1, 9, 4, 3, 1, 1, 3, 2, 1, 4, 1],
        [5, 15, 15, 1, 1, 1, 2, 1, 1, 0, 1, 1, 1, 0],
        [2, 5, 4, 6, 7, 1, 1, 1, 1, 0, 0, 1, 1, 1],
        [1, 64, 33, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0],
        [1, 4, 4, 16, 48, 3, 3, 1, 1, 1, 1, 1, 1, 0],
        [1, 4, 5, 16, 16, 3, 3, 1, 1, 1, 2, 1, 1, 1],
        [1, 8, 8, 16, 16, 4, 4, 2, 2, 1, 1, 1, 1, 1],
        [1, 12, 14, 16, 16, 4, 4, 2, 2, 2, 0, 1, 1, 0],
        [1, 9, 66, 1, 33, 2, 2, 1, 1, 0, 0, 1, 1, 0],
        [3, 10, 5, 2, 4, 3, 3, 1, 1, 1, 1, 2, 1, 0],
        [1, 1, 303, 15, 2, 1, 300, 1, 1, 0, 0, 1, 1, 0],
        [1, 20, 128, 8, 1, 4, 4, 2, 2, 1, 1, 1, 1, 0],
        [1, 3, 4, 67, 2, 3, 3, 1, 1, 0, 0, 1, 1, 0],
        [1, 1, 2, 17, 150, 1, 2, 1, 1, 0, 0, 1, 1, 0],
        [1, 17, 20, 1, 2, 2, 2, 1, 1, 0, 0, 1, 2, 0],
    ];

    public override int[][] BenchShapes =>
    [
        [64, 32, 32, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1, 0], [64, 16, 16, 128, 128, 3, 3, 1, 1, 1, 1, 1, 1, 0],
        [64, 8, 8, 256, 256, 3, 3, 1, 1, 1, 1, 1, 1, 0],
        [64, 64, 64, 3, 32, 4, 4, 2, 2, 1, 1, 1, 1, 0], [64, 32, 32, 32, 64, 4, 4, 2, 2, 1, 1, 1, 1, 0],
        [64, 16, 16, 64, 128, 4, 4, 2, 2, 1, 1, 1, 1, 0], [64, 8, 8, 128, 256, 4, 4, 2, 2, 1, 1, 1, 1, 0],
        [64, 32, 32, 3, 16, 4, 4, 2, 2, 1, 1, 1, 1, 0],
    ];

    public override (double Flops, double Bytes) Cost(int[] s)
    {
        Size2d size = WindowOf(s).OutputSize((s[1], s[2]));
        double pixels = (double)s[0] * size.Height * size.Width;
        return (2.0 * pixels * s[4] * s[5] * s[6] * s[3],
            4.0 * ((double)s[0] * s[1] * s[2] * s[3] + (double)s[5] * s[6] * s[3] * s[4] + pixels * s[4]));
    }

    public override (double Flops, double Bytes) BackwardCost(int[] s)
    {
        Size2d size = WindowOf(s).OutputSize((s[1], s[2]));
        double inputs = (double)s[0] * s[1] * s[2] * s[3], weights = (double)s[5] * s[6] * s[3] * s[4],
            outputs = (double)s[0] * size.Height * size.Width * s[4];
        return (2 * Cost(s).Flops, 4 * (2 * inputs + 2 * weights + outputs));
    }

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) =>
        new Conv2d(s[3], s[4], (s[5], s[6]), (s[7], s[8]), (s[9], s[10]), (s[11], s[12]), s[13] == 1);

    public override double[][] Reference(int[] s, double[][] args)
    {
        int outHeight = (s[1] + 2 * s[9] - s[11] * (s[5] - 1) - 1) / s[7] + 1,
            outWidth = (s[2] + 2 * s[10] - s[12] * (s[6] - 1) - 1) / s[8] + 1;
        var y = new double[s[0] * outHeight * outWidth * s[4]];
        int at = 0;
        for (int n = 0; n < s[0]; n++)
        {
            for (int oy = 0; oy < outHeight; oy++)
            {
                for (int ox = 0; ox < outWidth; ox++)
                {
                    for (int k = 0; k < s[4]; k++)
                        y[at++] = Pixel(s, args[0], args[1], n, oy, ox, k) + (s[13] == 1 ? args[2][k] : 0);
                }
            }
        }

        return [y];
    }

    static double Pixel(int[] s, double[] x, double[] w, int n, int oy, int ox, int k)
    {
        double sum = 0;
        for (int r = 0; r < s[5]; r++)
        {
            for (int q = 0; q < s[6]; q++)
            {
                int iy = oy * s[7] - s[9] + r * s[11], ix = ox * s[8] - s[10] + q * s[12];
                for (int c = 0; iy >= 0 && iy < s[1] && ix >= 0 && ix < s[2] && c < s[3]; c++)
                    sum += x[((n * s[1] + iy) * s[2] + ix) * s[3] + c] * w[((r * s[6] + q) * s[3] + c) * s[4] + k];
            }
        }

        return sum;
    }

    static ConvolutionWindow WindowOf(int[] s) => new((s[5], s[6]), (s[7], s[8]), (s[9], s[10]), (s[11], s[12]));
}
