// Softmax over the last axis:  y = exp(x - max) / sum over the row of exp(x - max)        x, y, dx, dy [rows, cols]
//   y is written (=)     sums over a row: see Lanes.cs
// Backward:  dx = y (dy - sum over the row of dy y)   (written, =);  kept is y
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Softmax of rows, and its gradient.</summary>
public static class SoftmaxOp
{
    /// <summary><c>y = exp(x) / sum of exp(x)</c>, of each row.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor y)
    {
        Require(x, y);
        stream.Launch(ForwardKernel, Lanes.Groups(stream, x.Rows), x.View, y.View, x.Cols);
    }

    /// <summary><c>dx = y (dy - sum of dy y)</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="y">From Forward.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="dx">Written.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Backward(Stream stream, Tensor y, Tensor dy, Tensor dx)
    {
        Require(y, dy);
        Require(y, dx);
        stream.Launch(BackwardKernel, Lanes.Groups(stream, y.Rows), y.View, dy.View, dx.View, y.Cols);
    }

    static void Require(Tensor x, Tensor y)
    {
        if (x.Shape != y.Shape)
            throw new ArgumentException($"softmax gives each element another one; {x.Shape} and {y.Shape} do not fit");
    }

    // One group per row, which stays in the cache.
    static void ForwardKernel(ArrayView<float> x, ArrayView<float> y, int cols)
    {
        int first = Grid.IdxX * cols;
        float largest = Lanes.Max(x, first, first + cols);
        float sum = Lanes.SumOfFunctions(new Exponential(x, first, largest), 0, cols);
        Lanes.ForEach(new Share(x, y, first, largest, 1f / sum), 0, cols);
    }

    // One group per row.
    static void BackwardKernel(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int cols)
    {
        int first = Grid.IdxX * cols;
        Lanes.ForEach(new Differentiate(y, dy, dx, first, Lanes.Sum(new ProductTerm(dy, y, first), 0, cols)), 0, cols);
    }

    readonly record struct Exponential(ArrayView<float> X, int First, float Largest) : IFunctionTerm
    {
        public float Value(int at) => StrictMath.Exp(X[First + at] - Largest);
    }

    readonly record struct Share(ArrayView<float> X, ArrayView<float> Y, int First, float Largest, float Factor) : IElement
    {
        public void Do(int at) => Y[First + at] = StrictMath.Exp(X[First + at] - Largest) * Factor;
    }

    readonly record struct Differentiate(ArrayView<float> Y, ArrayView<float> Dy, ArrayView<float> Dx, int First, float Sum) : IElement
    {
        public void Do(int at) => Dx[First + at] = Y[First + at] * (Dy[First + at] - Sum);
    }
}
