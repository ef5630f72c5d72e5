namespace Dalle2.Ops;

/// <summary>
/// Sizes: batch, height, width, inputs, outputs, then kernel, stride, padding, output padding and dilation, each along the height and along
/// the width, then 1 for a bias.
/// </summary>
public sealed class ConvTranspose2dCase : UnaryLayerCase
{
    public override int[][] Shapes =>
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0],
        [2, 3, 4, 8, 4, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1, 1],
        [2, 4, 3, 5, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1],
        [1, 5, 6, 2, 6, 3, 3, 1, 1, 1, 1, 0, 0, 1, 1, 1],
        [1, 3, 5, 3, 2, 2, 3, 3, 2, 0, 2, 2, 0, 1, 2, 0],
        [2, 2, 3, 4, 5, 1, 1, 3, 2, 0, 0, 2, 1, 1, 1, 1],
        [2, 1, 1, 9, 3, 4, 4, 1, 1, 0, 0, 0, 0, 1, 1, 1],
        [1, 4, 4, 16, 16, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1, 1],
        [1, 1, 1, 150, 17, 1, 2, 1, 1, 0, 0, 0, 0, 1, 1, 0],
    ];

    public override int[][] BenchShapes =>
    [
        [64, 4, 4, 256, 128, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1, 0], [64, 8, 8, 128, 64, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1, 0],
        [64, 16, 16, 64, 32, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1, 0], [64, 32, 32, 32, 3, 4, 4, 2, 2, 1, 1, 0, 0, 1, 1, 0],
    ];

    public override (double Flops, double Bytes) Cost(int[] s)
    {
        double pixels = (double)s[0] * s[1] * s[2];
        return (2.0 * pixels * s[3] * s[5] * s[6] * s[4],
            4.0 * (pixels * s[3] + (double)s[5] * s[6] * s[3] * s[4] + (double)s[0] * OutHeight(s) * OutWidth(s) * s[4]));
    }

    public override (double Flops, double Bytes) BackwardCost(int[] s)
    {
        double inputs = (double)s[0] * s[1] * s[2] * s[3], weights = (double)s[5] * s[6] * s[3] * s[4],
            outputs = (double)s[0] * OutHeight(s) * OutWidth(s) * s[4];
        return (2 * Cost(s).Flops, 4 * (2 * inputs + 2 * weights + outputs));
    }

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 1, s[0], s[1], s[2], s[3])];

    public override UnaryLayer Create(int[] s) =>
        new ConvTranspose2d(s[3], s[4], (s[5], s[6]), (s[7], s[8]), (s[9], s[10]), (s[11], s[12]), (s[13], s[14]), s[15] == 1);

    // Each input pixel paints the kernel, scaled by its value, onto the output.
    public override double[][] Reference(int[] s, double[][] args)
    {
        int inputs = s[3], outputs = s[4], height = OutHeight(s), width = OutWidth(s);
        var y = new double[s[0] * height * width * outputs];
        for (int i = 0; s[15] == 1 && i < y.Length; i++)
            y[i] = args[2][i % outputs];
        for (int pixel = 0; pixel < s[0] * s[1] * s[2]; pixel++)
        {
            int n = pixel / (s[1] * s[2]), iy = pixel / s[2] % s[1], ix = pixel % s[2];
            for (int tap = 0; tap < s[5] * s[6]; tap++)
            {
                int oy = iy * s[7] - s[9] + tap / s[6] * s[13], ox = ix * s[8] - s[10] + tap % s[6] * s[14];
                if (oy < 0 || oy >= height || ox < 0 || ox >= width)
                    continue;
                for (int o = 0; o < outputs; o++)
                {
                    for (int i = 0; i < inputs; i++)
                    {
                        y[((n * height + oy) * width + ox) * outputs + o] += args[0][pixel * inputs + i]
                            * args[1][(tap * outputs + o) * inputs + i];
                    }
                }
            }
        }

        return [y];
    }

    static int OutHeight(int[] s) => (s[1] - 1) * s[7] - 2 * s[9] + s[13] * (s[5] - 1) + 1 + s[11];

    static int OutWidth(int[] s) => (s[2] - 1) * s[8] - 2 * s[10] + s[14] * (s[6] - 1) + 1 + s[12];
}
