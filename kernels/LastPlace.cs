// The last place of each sequence that counts:  y[b, :] = x[b, t, :],  t = length[b] - 1, at least 0 and within x
//   x, dx [batch, time, width]   length [batch]   y, dy [batch, width]                          (y written, =)
// Backward:  dx[b, t, :] = dy[b, :] at that place, 0 elsewhere                                  (written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The features of sequences at their last place, and the gradient.</summary>
public static class LastPlaceOp
{
    /// <summary><c>y[b, :] = x[b, length[b] - 1, :]</c>.</summary>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, IntTensor lengths, Tensor y)
    {
        Require(x, lengths, y);
        stream.Launch(ForwardKernel, new Index2D(x.Cols, x.Shape[0]), x.View, lengths.View, y.View, x.Shape[1], x.Cols);
    }

    /// <summary>Writes the gradient of x.</summary>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor dy, IntTensor lengths, Tensor dx)
    {
        Require(dx, lengths, dy);
        stream.Launch(BackwardKernel, new Index2D(dx.Cols, dx.Rows), dy.View, lengths.View, dx.View, dx.Shape[1], dx.Cols);
    }

    static void Require(Tensor x, IntTensor lengths, Tensor y)
    {
        if (x.Shape.Rank != 3 || x.Shape[1] < 1 || lengths.Length != x.Shape[0] || y.Shape != new Shape(x.Shape[0], x.Cols))
        {
            throw new ArgumentException(
                $"the last places of sequences {x.Shape}, [batch, time, width], of {lengths.Length} lengths do not make {y.Shape}");
        }
    }

    // One thread per sequence and feature.
    static void ForwardKernel(Index2D i, ArrayView<float> x, ArrayView<int> lengths, ArrayView<float> y, int time, int width) =>
        y[i.Y * width + i.X] = x[(i.Y * time + Last(lengths, i.Y, time)) * width + i.X];

    // One thread per element of dx.
    static void BackwardKernel(Index2D i, ArrayView<float> dy, ArrayView<int> lengths, ArrayView<float> dx, int time, int width)
    {
        int sequence = i.Y / time, place = i.Y - sequence * time;
        dx[i.Y * width + i.X] = place == Last(lengths, sequence, time) ? dy[sequence * width + i.X] : 0f;
    }

    static int Last(ArrayView<int> lengths, int sequence, int time) => IntrinsicMath.Clamp(lengths[sequence], 1, time) - 1;
}
