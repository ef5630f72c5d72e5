// Root mean square normalisation:  y = x * rstd * gamma,  rstd = 1 / sqrt(mean(x^2) + eps), per row      (Zhang and Sennrich, 2019, arXiv 1910.07467)
//   x, y, dx, dy [rows, cols]   gamma, dgamma [cols]   rstd, slope [rows]      Kept: x, rstd.
// Backward:  dx = dy gamma rstd - x slope,  slope = rstd^3 * mean over the row of dy gamma x   (written, =)
//            dgamma[col] += sum over the rows of dy x rstd                                      (accumulated, +=)
// Sums: over 64 elements of a row or column, over those.
namespace Dalle2.Kernels;

/// <summary>Root mean square normalisation of each row, and its gradients.</summary>
public static class RmsNormOp
{
    const int Chunk = 64;

    /// <summary><c>y = x * rstd * gamma</c>, and the rstd that Backward needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input; the last axis is normalised.</param>
    /// <param name="gamma">The scale, <c>[cols]</c>.</param>
    /// <param name="y">Written.</param>
    /// <param name="rstd">Written, <c>[rows]</c>.</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor gamma, Tensor y, Tensor rstd, float eps)
    {
        Require(x, gamma, y, rstd);
        stream.Launch(StatisticsKernel, x.Rows, x.View, rstd.View, x.Cols, eps);
        stream.Launch(NormalizeKernel, new Index2D(x.Cols, x.Rows), x.View, gamma.View, rstd.View, y.View, x.Cols);
    }

    /// <summary>The backward pass: writes dx, adds to dgamma.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The input.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="gamma">The scale.</param>
    /// <param name="rstd">From Forward.</param>
    /// <param name="slope">Scratch, <c>[rows]</c>.</param>
    /// <param name="dx">Written.</param>
    /// <param name="dgamma">Added to.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor x, Tensor dy, Tensor gamma, Tensor rstd, Tensor slope, Tensor dx, Tensor dgamma)
    {
        Require(x, gamma, dy, rstd);
        Require(x, dgamma, dx, slope);
        stream.Launch(SlopeKernel, x.Rows, x.View, dy.View, gamma.View, rstd.View, slope.View, x.Cols);
        stream.Launch(
            InputGradientKernel, new Index2D(x.Cols, x.Rows), x.View, dy.View, gamma.View, rstd.View, slope.View, dx.View, x.Cols);
        stream.Launch(GammaGradientKernel, x.Cols, x.View, dy.View, rstd.View, dgamma.View, x.Rows, x.Cols);
    }

    static void Require(Tensor x, Tensor gamma, Tensor y, Tensor perRow)
    {
        if (x.Shape != y.Shape || gamma.Length != x.Cols || perRow.Length != x.Rows)
            throw new ArgumentException($"{gamma.Length} scales, {perRow.Length} values per row and results of {y.Shape} do not fit {x.Shape}");
    }

    // One thread per row.
    static void StatisticsKernel(Index1D row, ArrayView<float> x, ArrayView<float> rstd, int cols, float eps)
    {
        float total = 0f;
        for (int start = 0; start < cols; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, cols);
            for (int c = start; c < end; c++)
                sum = Fused.MultiplyAdd(x[row * cols + c], x[row * cols + c], sum);
            total += sum;
        }

        rstd[row] = XMath.Rsqrt(total / cols + eps);
    }

    // One thread per element, along a row.
    static void NormalizeKernel(Index2D i, ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> rstd, ArrayView<float> y, int cols) =>
        y[i.Y * cols + i.X] = x[i.Y * cols + i.X] * rstd[i.Y] * gamma[i.X];

    // One thread per row: rstd^3 times the average of dy * gamma * x.
    static void SlopeKernel(
        Index1D row, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> rstd, ArrayView<float> slope, int cols)
    {
        float total = 0f;
        for (int start = 0; start < cols; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, cols);
            for (int c = start; c < end; c++)
                sum = Fused.MultiplyAdd(dy[row * cols + c] * gamma[c], x[row * cols + c], sum);
            total += sum;
        }

        slope[row] = total / cols * rstd[row] * rstd[row] * rstd[row];
    }

    // One thread per element, along a row.
    static void InputGradientKernel(
        Index2D i, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> gamma, ArrayView<float> rstd, ArrayView<float> slope, ArrayView<float> dx,
        int cols)
    {
        int at = i.Y * cols + i.X;
        dx[at] = dy[at] * gamma[i.X] * rstd[i.Y] - x[at] * slope[i.Y];
    }

    // One thread per column, which alone adds to its scale's gradient.
    static void GammaGradientKernel(
        Index1D col, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> rstd, ArrayView<float> dgamma, int rows, int cols)
    {
        float total = 0f;
        for (int start = 0; start < rows; start += Chunk)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Chunk, rows);
            for (int r = start; r < end; r++)
                sum = Fused.MultiplyAdd(dy[r * cols + col] * rstd[r], x[r * cols + col], sum);
            total += sum;
        }

        dgamma[col] += total;
    }
}
