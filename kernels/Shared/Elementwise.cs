// Sums and multiples, element by element:  y += x,  y += factor x  (one fused multiply-add),  y = factor x;  x, y [n]
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Adding and scaling tensors.</summary>
public static class ElementwiseOp
{
    /// <summary><c>y += x</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddInPlace(Stream stream, Tensor y, Tensor x)
    {
        RequireEqual(x, y);
        stream.Launch(AddKernel, y.Length, y.View, x.View);
    }

    /// <summary><c>y += factor x</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddScaledInPlace(Stream stream, Tensor y, Tensor x, float factor)
    {
        RequireEqual(x, y);
        stream.Launch(AddScaledKernel, y.Length, y.View, x.View, factor);
    }

    /// <summary><c>y = factor x</c>; y may be x.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Scale(Stream stream, Tensor x, float factor, Tensor y)
    {
        RequireEqual(x, y);
        stream.Launch(ScaleKernel, y.Length, x.View, factor, y.View);
    }

    // One thread per element, all three.
    static void AddKernel(Index1D i, ArrayView<float> y, ArrayView<float> x) => y[i] += x[i];

    static void AddScaledKernel(Index1D i, ArrayView<float> y, ArrayView<float> x, float factor) =>
        y[i] = Fused.MultiplyAdd(factor, x[i], y[i]);

    static void ScaleKernel(Index1D i, ArrayView<float> x, float factor, ArrayView<float> y) => y[i] = factor * x[i];

    static void RequireEqual(Tensor first, Tensor second)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"tensors are added and scaled element by element; {first.Shape} and {second.Shape} do not fit");
    }
}
