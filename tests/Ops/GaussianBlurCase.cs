namespace Dalle2.Ops;

/// <summary>Sizes: samples, height, width, channels, the largest deviation in tenths of a pixel. The first picture is left as it is.</summary>
public sealed class GaussianBlurCase : OpCase
{
    public override int[][] Shapes => [[1, 1, 1, 1, 5], [2, 3, 9, 3, 6], [2, 6, 2, 2, 9]];

    public override int[][] BenchShapes => [[64, 32, 32, 3, 10]];

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (4.0 * (2 * Radius(s) + 1) * s[0] * s[1] * s[2] * s[3], 8.0 * s[0] * s[1] * s[2] * s[3]);

    public override Argument[] Arguments(int[] s) =>
        [Argument.Normal("x", 1, s[0], s[1], s[2], s[3]).Constant(), Argument.Uniform("part", 0.3, 1, s[0]).Constant()];

    public override double[][] Reference(int[] s, double[][] args)
    {
        int height = s[1], width = s[2], channels = s[3], radius = Radius(s);
        var y = new double[args[0].Length];
        for (int at = 0; at < y.Length; at++)
        {
            int c = at % channels, j = at / channels % width, i = at / channels / width % height, n = at / channels / width / height;
            if (n == 0)
            {
                y[at] = args[0][at];
                continue;
            }

            double sigma = args[1][n] * s[4] / 10, all = 0;
            for (int di = -radius; di <= radius; di++)
            {
                for (int dj = -radius; dj <= radius; dj++)
                {
                    double weight = Math.Exp(-(di * di + dj * dj) / (2 * sigma * sigma));
                    all += weight;
                    y[at] += weight * args[0][((n * height + Mirror(i + di, height)) * width + Mirror(j + dj, width)) * channels + c];
                }
            }

            y[at] /= all;
        }

        return [y];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        float[] sigmas = [.. args[1].ToArray(context.Stream).Select((part, n) => n == 0 ? 0 : part * (s[4] / 10f))];
        return [new GaussianBlur(s[4] / 10f).Forward(context, args[0], context.Upload(sigmas, s[0]))];
    }

    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args) =>
        new(() => [new GaussianBlur(s[4] / 10f).Forward(context, args[0], args[1])], null);

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null];

    static int Radius(int[] s) => (int)MathF.Ceiling(3f * (s[4] / 10f));

    // Step by step back from the edges.
    static int Mirror(int at, int pixels)
    {
        while (pixels > 1 && (at < 0 || at >= pixels))
            at = at < 0 ? -at : 2 * (pixels - 1) - at;
        return pixels == 1 ? 0 : at;
    }
}
