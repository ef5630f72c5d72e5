// Rows of unit length:  y = x * rnorm,  rnorm = 1 / sqrt(sum over the row of x^2 + eps)          x, y, dx, dy [rows, cols]   rnorm [rows]
// Backward:  dx = rnorm * (dy - y * sum over the row of y dy)        (written, =)
// Sums over a row: see Lanes.cs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Scaling rows to unit length, and its gradient.</summary>
public static class L2NormalizeOp
{
    /// <summary>The unit rows, and the factor of each.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y, Tensor inverseNorms, float eps)
    {
        Require(x, y, inverseNorms);
        stream.Launch(ForwardKernel, Lanes.Groups(stream, x.Rows), x.View, y.View, inverseNorms.View, x.Cols, eps);
    }

    /// <summary>The gradient of x.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="y">The unit rows.</param>
    /// <param name="inverseNorms">The factor of each row.</param>
    /// <param name="dy">The gradient of y.</param>
    /// <param name="dx">Written.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Backward(Stream stream, Tensor y, Tensor inverseNorms, Tensor dy, Tensor dx)
    {
        Require(y, dy, inverseNorms);
        stream.Launch(BackwardKernel, Lanes.Groups(stream, y.Rows), y.View, inverseNorms.View, dy.View, dx.View, y.Cols);
    }

    static void Require(Tensor x, Tensor y, Tensor inverseNorms)
    {
        if (x.Shape != y.Shape || inverseNorms.Length != x.Rows)
            throw new ArgumentException($"rows of {x.Shape}, {y.Shape} and {inverseNorms.Length} norms do not fit each other");
    }

    // One group per row, which stays in the cache; so in the other.
    static void ForwardKernel(ArrayView<float> x, ArrayView<float> y, ArrayView<float> inverseNorms, int cols, float eps)
    {
        int row = Grid.IdxX, first = row * cols;
        float factor = StrictMath.Rsqrt(Lanes.Sum(new ProductTerm(x, x, first), 0, cols) + eps);
        inverseNorms[row] = factor;
        Lanes.ForEach(new Scale(x, y, first, factor), 0, cols);
    }

    static void BackwardKernel(ArrayView<float> y, ArrayView<float> inverseNorms, ArrayView<float> dy, ArrayView<float> dx, int cols)
    {
        int row = Grid.IdxX, first = row * cols;
        float dot = Lanes.Sum(new ProductTerm(y, dy, first), 0, cols);
        Lanes.ForEach(new Differentiate(y, dy, dx, first, inverseNorms[row], dot), 0, cols);
    }

    readonly record struct Scale(ArrayView<float> X, ArrayView<float> Y, int First, float Factor) : IElement
    {
        public void Do(int at) => Y[First + at] = X[First + at] * Factor;
    }

    readonly record struct Differentiate(ArrayView<float> Y, ArrayView<float> Dy, ArrayView<float> Dx, int First, float Factor, float Dot)
        : IElement
    {
        public void Do(int at) => Dx[First + at] = Factor * (Dy[First + at] - Y[First + at] * Dot);
    }
}
