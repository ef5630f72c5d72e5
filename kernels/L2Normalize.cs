// Rows of unit length:  y = x * rnorm,  rnorm = 1 / sqrt(sum over the row of x^2 + eps)          x, y, dx, dy [rows, cols]   rnorm [rows]
// Backward:  dx = rnorm * (dy - y * sum over the row of y dy)        (written, =)
namespace Dalle2.Kernels;

/// <summary>Scaling rows to unit length, and its gradient.</summary>
public static class L2NormalizeOp
{
    const int Run = 64;

    /// <summary>The unit rows, and the factor of each.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y, Tensor inverseNorms, float eps)
    {
        Require(x, y, inverseNorms);
        stream.Launch(NormKernel, x.Rows, x.View, inverseNorms.View, x.Cols, eps);
        stream.Launch(ScaleKernel, x.Length, x.View, inverseNorms.View, y.View, x.Cols);
    }

    /// <summary>The gradient of x.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="y">The unit rows.</param>
    /// <param name="inverseNorms">The factor of each row.</param>
    /// <param name="dy">The gradient of y.</param>
    /// <param name="dots">Working space of one element per row, overwritten.</param>
    /// <param name="dx">Written.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Backward(Stream stream, Tensor y, Tensor inverseNorms, Tensor dy, Tensor dots, Tensor dx)
    {
        Require(y, dy, inverseNorms);
        stream.Launch(DotKernel, y.Rows, y.View, dy.View, dots.View, y.Cols);
        stream.Launch(BackwardKernel, y.Length, y.View, inverseNorms.View, dy.View, dots.View, dx.View, y.Cols);
    }

    static void Require(Tensor x, Tensor y, Tensor inverseNorms)
    {
        if (x.Shape != y.Shape || inverseNorms.Length != x.Rows)
            throw new ArgumentException($"rows of {x.Shape}, {y.Shape} and {inverseNorms.Length} norms do not fit each other");
    }

    // One thread per row.
    static void NormKernel(Index1D row, ArrayView<float> x, ArrayView<float> inverseNorms, int cols, float eps) =>
        inverseNorms[row] = 1f / XMath.Sqrt(Dot(x, x, row * cols, cols) + eps);

    // One thread per element.
    static void ScaleKernel(Index1D i, ArrayView<float> x, ArrayView<float> inverseNorms, ArrayView<float> y, int cols) =>
        y[i] = x[i] * inverseNorms[i / cols];

    // One thread per row.
    static void DotKernel(Index1D row, ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dots, int cols) =>
        dots[row] = Dot(y, dy, row * cols, cols);

    // One thread per element.
    static void BackwardKernel(
        Index1D i, ArrayView<float> y, ArrayView<float> inverseNorms, ArrayView<float> dy, ArrayView<float> dots, ArrayView<float> dx, int cols)
    {
        int row = i / cols;
        dx[i] = inverseNorms[row] * (dy[i] - y[i] * dots[row]);
    }

    static float Dot(ArrayView<float> a, ArrayView<float> b, int first, int count)
    {
        float total = 0f;
        for (int start = 0; start < count; start += Run)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Run, count);
            for (int i = start; i < end; i++)
                sum = Fused.MultiplyAdd(a[first + i], b[first + i], sum);
            total += sum;
        }

        return total;
    }
}
