// Bilinear resizing, corners not aligned, as PyTorch's interpolate(align_corners=False), without antialiasing, to any size:
//   along an axis of n pixels that become m, output o lies at  s = clamp((o + 1/2) n / m - 1/2, 0, n - 1);  pixel i has the weight  w(o, i) = max(0, 1 - |s - i|)
//   y[b, o, p, c] = sum over i, j of w(o, i) w(p, j) x[b, i, j, c]              x, dx [samples, height, width, channels]   y, dy [samples, ..., ..., channels]
// Backward:  dx[b, i, j, c] = sum over o, p of w(o, i) w(p, j) dy[b, o, p, c], by rows, in rising order      (both written, =)
//   Which outputs meet a pixel follows from integers alone: 2 m s = (2 o + 1) n - m.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Bilinear resizing of maps, and the gradient.</summary>
public static class BilinearResizeOp
{
    // Sides whose places fit into 31 bits.
    const int LongestSide = 1 << 14;

    // On a card, pixels of a group, so that there are enough groups.
    const int CardPixels = 4;

    /// <summary>The map in another size.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The map.</param>
    /// <param name="y">Written; its sides are the new ones.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y)
    {
        Require(x, y);
        stream.Launch(
            ForwardKernel, Groups(stream, y, out int part), x.View, y.View, Axis.Of(x.Shape[1], y.Shape[1]),
            Axis.Of(x.Shape[2], y.Shape[2]), x.Cols, part);
    }

    /// <summary>The gradient of the map.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The gradient of the map in the other size.</param>
    /// <param name="dx">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor dy, Tensor dx)
    {
        Require(dx, dy);
        stream.Launch(
            BackwardKernel, Groups(stream, dx, out int part), dy.View, dx.View, Axis.Of(dx.Shape[1], dy.Shape[1]),
            Axis.Of(dx.Shape[2], dy.Shape[2]), dx.Cols, part);
    }

    // One group per row of what is written, or per some of its pixels.
    static KernelConfig Groups(Stream stream, Tensor written, out int part)
    {
        int width = written.Shape[2];
        part = stream.Device.Properties.HoldsManyThreads ? CardPixels : width;
        return new KernelConfig(
            new Index3D(written.Shape[0] * written.Shape[1], IntrinsicMath.DivRoundUp(width, part), 1), Lanes.Groups(stream, 1).GroupDim);
    }

    static void Require(Tensor x, Tensor y)
    {
        bool fits = x.Shape.Rank == 4 && y.Shape.Rank == 4 && x.Shape[0] == y.Shape[0] && x.Cols == y.Cols;
        for (int axis = 1; fits && axis < 3; axis++)
            fits = x.Shape[axis] is >= 1 and <= LongestSide && y.Shape[axis] is >= 1 and <= LongestSide;
        if (!fits)
        {
            throw new ArgumentException(
                $"maps are resized from [samples, height, width, channels] to other sides, of 1 to {LongestSide} pixels; {x.Shape} and "
                + $"{y.Shape} do not fit");
        }
    }

    /// <summary>Pixels along an axis, before and after.</summary>
    /// <param name="From">n.</param>
    /// <param name="To">m.</param>
    /// <param name="Unit">1 / (2 m): places are counted in it.</param>
    internal readonly record struct Axis(int From, int To, float Unit)
    {
        public static Axis Of(int from, int to) => new(from, to, 1f / (2 * to));

        // Where an output lies, in units.
        public int Place(int output) => IntrinsicMath.Clamp((2 * output + 1) * From - To, 0, (From - 1) * 2 * To);

        // The first of the two pixels that an output lies between.
        public int First(int output) => Place(output) / (2 * To);

        public float Weight(int output, int pixel) =>
            IntrinsicMath.Max(0, 2 * To - IntrinsicMath.Abs(Place(output) - pixel * 2 * To)) * Unit;

        // The first output that meets a pixel, with (2 o + 1) n - m > 2 m (pixel - 1); that of the next but one pixel is behind the last.
        public int FirstOutput(int pixel)
        {
            int least = (2 * pixel - 1) * To - From;
            return pixel == 0 || least < 0 ? 0 : IntrinsicMath.Min(To, least / (2 * From) + 1);
        }
    }

    // Groups as above; the weights are the same for all channels of a pixel.
    static void ForwardKernel(ArrayView<float> x, ArrayView<float> y, Axis rows, Axis cols, int channels, int part)
    {
        int sample = Grid.IdxX / rows.To, o = Grid.IdxX - sample * rows.To, i = rows.First(o);
        int above = (sample * rows.From + i) * cols.From, below = i + 1 < rows.From ? above + cols.From : above;
        float down = rows.Weight(o, i + 1);
        for (int p = Grid.IdxY * part; p < IntrinsicMath.Min(cols.To, Grid.IdxY * part + part); p++)
        {
            int j = cols.First(p), next = j + 1 < cols.From ? 1 : 0;
            Lanes.ForEach(
                new Between(
                    x, (above + j) * channels, (below + j) * channels, next * channels, y, (Grid.IdxX * cols.To + p) * channels, down,
                    cols.Weight(p, j + 1)),
                0, channels);
        }
    }

    // Groups as above.
    static void BackwardKernel(ArrayView<float> dy, ArrayView<float> dx, Axis rows, Axis cols, int channels, int part)
    {
        int sample = Grid.IdxX / rows.From, i = Grid.IdxX - sample * rows.From;
        int firstRow = rows.FirstOutput(i), endRow = i + 1 >= rows.From ? rows.To : rows.FirstOutput(i + 2);
        ArrayView<float> sums = LocalMemory.Allocate<float>(Lanes.Count);
        for (int j = Grid.IdxY * part; j < IntrinsicMath.Min(cols.From, Grid.IdxY * part + part); j++)
        {
            new Gathered(
                dy, sample * rows.To, dx, (Grid.IdxX * cols.From + j) * channels, rows, cols, i, j, firstRow, endRow, cols.FirstOutput(j),
                j + 1 >= cols.From ? cols.To : cols.FirstOutput(j + 2), channels)
                .Take(sums);
        }
    }

    readonly record struct Between(
        ArrayView<float> X, int Above, int Below, int Next, ArrayView<float> Y, int To, float Down, float Right) : IElement
    {
        public void Do(int at)
        {
            float above = Fused.MultiplyAdd(Right, X[Above + Next + at], (1f - Right) * X[Above + at]);
            float below = Fused.MultiplyAdd(Right, X[Below + Next + at], (1f - Right) * X[Below + at]);
            Y[To + at] = Fused.MultiplyAdd(Down, below, (1f - Down) * above);
        }
    }

    readonly record struct Gathered(
        ArrayView<float> Dy, int FirstLine, ArrayView<float> Dx, int To, Axis Rows, Axis Cols, int Row, int Col, int FirstRow, int EndRow,
        int FirstCol, int EndCol, int Channels)
    {
        // All channels, as many at a time as there are sums: weights are computed once for those.
        public void Take(ArrayView<float> sums)
        {
            int start = 0;
            for (; start + Lanes.Count <= Channels; start += Lanes.Count)
                Sum(sums, start + Group.IdxX, Lanes.Count / Group.DimX);
            for (; start < Channels; start += Group.DimX)
            {
                if (start + Group.IdxX < Channels)
                    Sum(sums, start + Group.IdxX, 1);
            }
        }

        void Sum(ArrayView<float> sums, int at, int count)
        {
            for (int k = 0; k < count; k++)
                sums[k] = 0f;
            for (int o = FirstRow; o < EndRow; o++)
            {
                float down = Rows.Weight(o, Row);
                for (int p = FirstCol; p < EndCol; p++)
                {
                    float weight = down * Cols.Weight(p, Col);
                    int from = ((FirstLine + o) * Cols.To + p) * Channels + at;
                    for (int k = 0; k < count; k++)
                        sums[k] = Fused.MultiplyAdd(weight, Dy[from + k * Group.DimX], sums[k]);
                }
            }

            for (int k = 0; k < count; k++)
                Dx[To + at + k * Group.DimX] = sums[k];
        }
    }
}
