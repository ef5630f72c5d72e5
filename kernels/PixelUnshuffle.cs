// Space to depth, and back:  y[n, i, j, (di f + dj) channels + c] = x[n, f i + di, f j + dj, c]     (=)
//   x [samples, f height, f width, channels]   y [samples, height, width, f f channels]
// Each direction is the other's gradient, since both only move elements.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Blocks of neighboring pixels as the channels of one pixel, and back.</summary>
public static class PixelUnshuffleOp
{
    // On a card, pixels of a group, so that there are enough groups.
    const int CardPixels = 4;

    /// <summary>Space to depth: <c>[N, f H, f W, C]</c> to <c>[N, H, W, f f C]</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The map.</param>
    /// <param name="y">Written.</param>
    /// <param name="factor">f, 1 or more.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y, int factor)
    {
        Require(x, y, factor);
        Launch(stream, UnshuffleKernel, x, y, factor);
    }

    /// <summary>Depth to space: <c>[N, H, W, f f C]</c> to <c>[N, f H, f W, C]</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="y">The map of many channels.</param>
    /// <param name="x">Written.</param>
    /// <param name="factor">f, 1 or more.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Inverse(Stream stream, Tensor y, Tensor x, int factor)
    {
        Require(x, y, factor);
        Launch(stream, ShuffleKernel, x, y, factor);
    }

    /// <summary>The shape of <see cref="Forward"/>'s result.</summary>
    /// <exception cref="ArgumentException">It is no map, or its sides are no multiples of the factor.</exception>
    public static Shape OutputShape(Shape x, int factor)
    {
        if (factor < 1 || x.Rank != 4 || x[1] % factor != 0 || x[2] % factor != 0)
        {
            throw new ArgumentException(
                $"a map [samples, height, width, channels] has sides that are multiples of {factor}; {x} has not");
        }

        return new Shape(x[0], x[1] / factor, x[2] / factor, checked(factor * factor * x[3]));
    }

    /// <summary>The shape of <see cref="Inverse"/>'s result.</summary>
    /// <exception cref="ArgumentException">It is no map, or its channels are no multiple of the factor's square.</exception>
    public static Shape InputShape(Shape y, int factor)
    {
        if (factor < 1 || y.Rank != 4 || y[3] % (factor * factor) != 0)
        {
            throw new ArgumentException(
                $"a map [samples, height, width, channels] has channels that are a multiple of {factor} squared; {y} has not");
        }

        return new Shape(y[0], checked(y[1] * factor), checked(y[2] * factor), y[3] / (factor * factor));
    }

    static void Require(Tensor x, Tensor y, int factor)
    {
        if (y.Shape != OutputShape(x.Shape, factor))
            throw new ArgumentException($"{x.Shape} and {y.Shape} are not the same map in blocks of {factor} x {factor} pixels");
    }

    static void Launch(
        Stream stream, Action<ArrayView<float>, ArrayView<float>, int, int, int, int> kernel, Tensor x, Tensor y, int factor)
    {
        int width = y.Shape[2], part = stream.Device.Properties.HoldsManyThreads ? CardPixels : width;
        stream.Launch(
            kernel, new KernelConfig(
                new Index3D(x.Shape[0] * x.Shape[1], width == 0 ? 0 : IntrinsicMath.DivRoundUp(width, part), 1),
                Lanes.Groups(stream, 1).GroupDim),
            x.View, y.View, factor, width, x.Cols, part);
    }

    // One group per row of x, or some pixels of y's in it; a pixel's part of the row is a run in both. So in the other.
    static void UnshuffleKernel(ArrayView<float> x, ArrayView<float> y, int factor, int width, int channels, int part)
    {
        int line = Grid.IdxX / factor, run = factor * channels, inside = Grid.IdxX % factor * run;
        for (int j = Grid.IdxY * part; j < IntrinsicMath.Min(width, Grid.IdxY * part + part); j++)
        {
            Lanes.ForEach(
                new Copy(x, (Grid.IdxX * width + j) * run, y, (line * width + j) * factor * run + inside), 0, run);
        }
    }

    static void ShuffleKernel(ArrayView<float> x, ArrayView<float> y, int factor, int width, int channels, int part)
    {
        int line = Grid.IdxX / factor, run = factor * channels, inside = Grid.IdxX % factor * run;
        for (int j = Grid.IdxY * part; j < IntrinsicMath.Min(width, Grid.IdxY * part + part); j++)
        {
            Lanes.ForEach(
                new Copy(y, (line * width + j) * factor * run + inside, x, (Grid.IdxX * width + j) * run), 0, run);
        }
    }
}
