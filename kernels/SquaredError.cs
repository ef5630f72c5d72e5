// Squared error, per element:  loss = (x - t)^2          x, t, loss, dx [n]
// Backward:  dx = 2 * scale * (x - t)                    (written, =)
namespace Dalle2.Kernels;

/// <summary>The squared difference of two tensors, per element.</summary>
public static class SquaredErrorOp
{
    /// <summary>The loss of each element.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor targets, Tensor loss)
    {
        Require(x, targets);
        stream.Launch(ForwardKernel, x.Length, x.View, targets.View, loss.View);
    }

    /// <summary>The gradient of x.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Backward(Stream stream, Tensor x, Tensor targets, float scale, Tensor dx)
    {
        Require(x, targets);
        stream.Launch(BackwardKernel, x.Length, x.View, targets.View, scale, dx.View);
    }

    static void Require(Tensor x, Tensor targets)
    {
        if (x.Length != targets.Length)
            throw new ArgumentException($"targets {targets.Shape} do not fit values {x.Shape}");
    }

    // One thread per element.
    static void ForwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> t, ArrayView<float> loss)
    {
        float difference = x[i] - t[i];
        loss[i] = difference * difference;
    }

    // One thread per element.
    static void BackwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> t, float scale, ArrayView<float> dx) =>
        dx[i] = 2f * scale * (x[i] - t[i]);
}
