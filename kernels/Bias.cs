// Bias over the last axis:  y = x + b            x, y [rows, cols]   b [cols]
// Backward:  dx = dy (the caller passes dy on),  db += sum over rows of dy, in chunks of 64 rows whose sums are added in rising order
namespace Dalle2.Kernels;

/// <summary>Adding one value per column, and its gradient.</summary>
public static class BiasOp
{
    const int ChunkRows = 64;

    /// <summary><c>y += b</c>, in place.</summary>
    public static void AddInPlace(Stream stream, Tensor y, Tensor bias) =>
        stream.Launch(AddKernel, new Index2D(y.Cols, y.Rows), y.View, bias.View, y.Cols);

    /// <summary><c>db += sum over rows of dy</c>.</summary>
    public static void Backward(Stream stream, Tensor dy, Tensor dbias) =>
        stream.Launch(ColumnSumKernel, dy.Cols, dy.View, dbias.View, dy.Rows, dy.Cols);

    // One thread per element.
    static void AddKernel(Index2D index, ArrayView<float> y, ArrayView<float> bias, int cols) => y[index.Y * cols + index.X] += bias[index.X];

    // One thread per column; neighbouring threads read neighbouring columns.
    static void ColumnSumKernel(Index1D col, ArrayView<float> dy, ArrayView<float> dbias, int rows, int cols)
    {
        float total = 0f;
        for (int start = 0; start < rows; start += ChunkRows)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + ChunkRows, rows);
            for (int row = start; row < end; row++)
                sum += dy[row * cols + col];
            total += sum;
        }

        dbias[col] += total;
    }
}
