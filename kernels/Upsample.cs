// Each pixel f x f times (nearest):  y[n, i, j, c] = x[n, i / f, j / f, c]        x, dx [samples, height, width, channels]   y, dy [samples, f height, f width, channels]
// Backward:  dx[n, i, j, c] = sum over the block's pixels of dy, by rows, in rising order      (both written, =)
// Average pooling is the same two kernels with a factor of 1 / (f f), see AveragePool.cs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Repeating pixels, and the gradient.</summary>
public static class UpsampleOp
{
    // On a card, pixels of a group, so that there are enough groups.
    const int CardPixels = 4;

    /// <summary>Each pixel f x f times.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The map.</param>
    /// <param name="y">Written.</param>
    /// <param name="factor">f, 1 or more.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y, int factor) => Repeat(stream, x, y, factor, 1f);

    /// <summary>The sum over each block of f x f pixels.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The gradient of the large map.</param>
    /// <param name="dx">Written.</param>
    /// <param name="factor">f, 1 or more.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor dy, Tensor dx, int factor) => SumBlocks(stream, dy, dx, factor, 1f);

    /// <summary><c>large = scale small</c>, each pixel f x f times.</summary>
    internal static void Repeat(Stream stream, Tensor small, Tensor large, int factor, float scale)
    {
        Require(small, large, factor);
        int width = large.Shape[2];
        stream.Launch(
            RepeatKernel, Groups(stream, large, out int part), small.View, large.View, factor, width, large.Cols, part, scale);
    }

    /// <summary><c>small = scale (sum over the block of large)</c>.</summary>
    internal static void SumBlocks(Stream stream, Tensor large, Tensor small, int factor, float scale)
    {
        Require(small, large, factor);
        stream.Launch(
            SumKernel, Groups(stream, small, out int part), large.View, small.View, factor, small.Shape[2], small.Cols, part, scale);
    }

    // One group per row of what is written, or per some of its pixels.
    static KernelConfig Groups(Stream stream, Tensor written, out int part)
    {
        int width = written.Shape[2];
        part = stream.Device.Properties.HoldsManyThreads ? CardPixels : width;
        return new KernelConfig(
            new Index3D(written.Shape[0] * written.Shape[1], width == 0 ? 0 : IntrinsicMath.DivRoundUp(width, part), 1),
            Lanes.Groups(stream, 1).GroupDim);
    }

    static void Require(Tensor small, Tensor large, int factor)
    {
        Shape s = small.Shape;
        if (factor < 1 || s.Rank != 4 || large.Shape != new Shape(s[0], s[1] * factor, s[2] * factor, s[3]))
            throw new ArgumentException($"{large.Shape} is not {s} with each pixel {factor} x {factor} times");
    }

    // Groups as above.
    static void RepeatKernel(
        ArrayView<float> small, ArrayView<float> large, int factor, int width, int channels, int part, float scale)
    {
        int from = Grid.IdxX / factor * (width / factor);
        for (int j = Grid.IdxY * part; j < IntrinsicMath.Min(width, Grid.IdxY * part + part); j++)
        {
            Lanes.ForEach(
                new Scaled(small, (from + j / factor) * channels, large, (Grid.IdxX * width + j) * channels, scale), 0, channels);
        }
    }

    // Groups as above.
    static void SumKernel(ArrayView<float> large, ArrayView<float> small, int factor, int width, int channels, int part, float scale)
    {
        int largeWidth = width * factor;
        for (int j = Grid.IdxY * part; j < IntrinsicMath.Min(width, Grid.IdxY * part + part); j++)
        {
            Lanes.ForEach(
                new BlockSum(
                    large, (Grid.IdxX * factor * largeWidth + j * factor) * channels, small, (Grid.IdxX * width + j) * channels, factor,
                    largeWidth * channels, channels, scale),
                0, channels);
        }
    }

    readonly record struct Scaled(ArrayView<float> X, int From, ArrayView<float> Y, int To, float Scale) : IElement
    {
        public void Do(int at) => Y[To + at] = X[From + at] * Scale;
    }

    readonly record struct BlockSum(
        ArrayView<float> Large, int From, ArrayView<float> Small, int To, int Factor, int Line, int Channels, float Scale) : IElement
    {
        public void Do(int at)
        {
            float sum = 0f;
            for (int i = 0; i < Factor; i++)
            {
                for (int j = 0; j < Factor; j++)
                    sum += Large[From + i * Line + j * Channels + at];
            }

            Small[To + at] = sum * Scale;
        }
    }
}
