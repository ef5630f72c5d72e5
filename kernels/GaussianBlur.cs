// Gaussian blur of pictures, each by its own deviation, in pixels; separable; edges reflected, without the edge itself twice (as PyTorch's "reflect"):
//   w[n, k] = exp(-k^2 / (2 sigma[n]^2)) / sum over |k| <= radius of the same;  of sigma 0: w[n, 0] = 1
//   t[n, i, j, c] = sum over k of w[n, |k|] x[n, i, r(j + k), c],   y[n, i, j, c] = sum over k of w[n, |k|] t[n, r(i + k), j, c]      (written, =)
//   x, t, y [samples, height, width, channels]   sigma [samples]   w [samples, radius + 1]   Sums in rising order of k. No gradient: it changes data.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Blurring pictures.</summary>
public static class GaussianBlurOp
{
    /// <summary>The blurred pictures.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The pictures.</param>
    /// <param name="sigmas">The deviation of each, in pixels; 0 leaves it as it is.</param>
    /// <param name="radius">Pixels to each side that count; three times the largest deviation leaves out .3 %.</param>
    /// <param name="weights">Scratch, <c>[samples, radius + 1]</c>.</param>
    /// <param name="lines">Scratch, of x's shape.</param>
    /// <param name="y">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor sigmas, int radius, Tensor weights, Tensor lines, Tensor y)
    {
        if (x.Shape.Rank != 4 || sigmas.Length != x.Shape[0] || radius < 0 || y.Shape != x.Shape || lines.Length != x.Length
            || weights.Length != x.Shape[0] * (radius + 1))
        {
            throw new ArgumentException(
                $"pictures {x.Shape} take as many deviations, not {sigmas.Length}, {radius + 1} weights each, not {weights.Length} in all, "
                + $"and give {y.Shape}");
        }

        int height = x.Shape[1], width = x.Shape[2];
        var config = new KernelConfig(new Index3D(x.Shape[0] * height, 1, 1), Lanes.Groups(stream, 1).GroupDim);
        stream.Launch(WeightKernel, x.Shape[0], sigmas.View, weights.View, radius);
        stream.Launch(RowKernel, config, x.View, weights.View, lines.View, radius, height, width, x.Cols);
        stream.Launch(ColumnKernel, config, lines.View, weights.View, y.View, radius, height, width * x.Cols);
    }

    // One thread per picture.
    static void WeightKernel(Index1D sample, ArrayView<float> sigmas, ArrayView<float> weights, int radius)
    {
        float sigma = sigmas[sample], slope = sigma > 0f ? -0.5f / (sigma * sigma) : 0f, sum = 1f;
        for (int k = 1; k <= radius; k++)
        {
            float weight = sigma > 0f ? StrictMath.Exp(slope * k * k) : 0f;
            weights[sample * (radius + 1) + k] = weight;
            sum = Fused.MultiplyAdd(2f, weight, sum);
        }

        weights[sample * (radius + 1)] = 1f / sum;
        for (int k = 1; k <= radius; k++)
            weights[sample * (radius + 1) + k] /= sum;
    }

    // One group per row. Far from the edges neighbors go side by side, whatever their channels.
    static void RowKernel(
        ArrayView<float> x, ArrayView<float> weights, ArrayView<float> y, int radius, int height, int width, int channels)
    {
        int first = Grid.IdxX * width * channels, weight = Grid.IdxX / height * (radius + 1);
        int left = IntrinsicMath.Min(radius, width), right = IntrinsicMath.Max(left, width - radius);
        for (int j = 0; j < left; j++)
            Lanes.ForEach(new Edge(x, weights, y, first, weight, radius, j, width, channels), 0, channels);
        Lanes.ForEach(new Middle(x, weights, y, first, weight, radius, channels), left * channels, right * channels);
        for (int j = right; j < width; j++)
            Lanes.ForEach(new Edge(x, weights, y, first, weight, radius, j, width, channels), 0, channels);
    }

    // One group per row.
    static void ColumnKernel(ArrayView<float> x, ArrayView<float> weights, ArrayView<float> y, int radius, int height, int cols)
    {
        int sample = Grid.IdxX / height, row = Grid.IdxX - sample * height;
        Lanes.ForEach(
            new Down(x, weights, y, sample * height, sample * (radius + 1), radius, row, height, cols), 0, cols);
    }

    // A place beyond the edges of so many pixels, mirrored at them.
    static int Reflected(int at, int pixels)
    {
        int period = IntrinsicMath.Max(1, 2 * (pixels - 1)), inside = IntrinsicMath.Abs(at) % period;
        return inside < pixels ? inside : period - inside;
    }

    readonly record struct Middle(
        ArrayView<float> X, ArrayView<float> Weights, ArrayView<float> Y, int First, int Weight, int Radius, int Channels) : IElement
    {
        public void Do(int at)
        {
            float sum = 0f;
            for (int k = -Radius; k <= Radius; k++)
                sum = Fused.MultiplyAdd(Weights[Weight + IntrinsicMath.Abs(k)], X[First + at + k * Channels], sum);
            Y[First + at] = sum;
        }
    }

    readonly record struct Edge(
        ArrayView<float> X, ArrayView<float> Weights, ArrayView<float> Y, int First, int Weight, int Radius, int Col, int Width,
        int Channels) : IElement
    {
        public void Do(int at)
        {
            float sum = 0f;
            for (int k = -Radius; k <= Radius; k++)
            {
                sum = Fused.MultiplyAdd(
                    Weights[Weight + IntrinsicMath.Abs(k)], X[First + Reflected(Col + k, Width) * Channels + at], sum);
            }

            Y[First + Col * Channels + at] = sum;
        }
    }

    readonly record struct Down(
        ArrayView<float> X, ArrayView<float> Weights, ArrayView<float> Y, int FirstRow, int Weight, int Radius, int Row, int Height,
        int Cols) : IElement
    {
        public void Do(int at)
        {
            float sum = 0f;
            for (int k = -Radius; k <= Radius; k++)
            {
                sum = Fused.MultiplyAdd(
                    Weights[Weight + IntrinsicMath.Abs(k)], X[(FirstRow + Reflected(Row + k, Height)) * Cols + at], sum);
            }

            Y[(FirstRow + Row) * Cols + at] = sum;
        }
    }
}
