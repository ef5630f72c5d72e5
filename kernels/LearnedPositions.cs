// Learned vectors of places, added:  y[b, t, :] = x[b, t, :] + table[t, :]        x, y, dy [batch, length, width]   table, dtable [rows, width], length <= rows
//   y is written (=), and may be x itself
// Backward:  dx is dy, which the caller passes on;  dtable[t, :] += sum over b of dy[b, t, :]   (accumulated, +=), in rising order of b, in one sum
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Adding a learned vector for each place of a sequence, and its gradient.</summary>
public static class LearnedPositionsOp
{
    /// <summary><c>y[b, t, :] = x[b, t, :] + table[t, :]</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x"><c>[batch, length, width]</c>.</param>
    /// <param name="table"><c>[rows, width]</c>; rows behind the length are not read.</param>
    /// <param name="y">Written, as x.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor table, Tensor y)
    {
        Require(x, table, y);
        int length = x.Shape[1] * x.Cols;
        stream.Launch(ForwardKernel, new Index2D(length, x.Shape[0]), x.View, table.View, y.View, length);
    }

    /// <summary><c>dtable[t, :] += sum over b of dy[b, t, :]</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The output's gradient, <c>[batch, length, width]</c>.</param>
    /// <param name="dtable">Added to, <c>[rows, width]</c>.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor dy, Tensor dtable)
    {
        Require(dy, dtable, dy);
        int length = dy.Shape[1] * dy.Cols;
        stream.Launch(TableGradientKernel, length, dy.View, dtable.View, dy.Shape[0], length);
    }

    static void Require(Tensor x, Tensor table, Tensor y)
    {
        if (x.Shape.Rank != 3 || x.Shape != y.Shape || table.Shape.Rank != 2 || table.Cols != x.Cols || table.Rows < x.Shape[1])
        {
            throw new ArgumentException($"places of {table.Shape} and results of {y.Shape} do not fit {x.Shape}: [batch, length, width], "
                + "and a row for each place");
        }
    }

    // One thread per element of a sample.
    static void ForwardKernel(Index2D i, ArrayView<float> x, ArrayView<float> table, ArrayView<float> y, int length) =>
        y[i.Y * length + i.X] = x[i.Y * length + i.X] + table[i.X];

    // One thread per element of the table.
    static void TableGradientKernel(Index1D i, ArrayView<float> dy, ArrayView<float> dtable, int batch, int length)
    {
        float sum = 0f;
        for (int b = 0; b < batch; b++)
            sum += dy[b * length + i];
        dtable[i] += sum;
    }
}
