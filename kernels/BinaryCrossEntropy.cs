// Binary cross-entropy with logits, per element:  loss = max(x, 0) - x t + log(1 + exp(-|x|)),  which is -t log p - (1 - t) log(1 - p), p = sigmoid(x)
//   x, t, loss, dx [n]; t in [0, 1]
// Backward:  dx = scale * (sigmoid(x) - t)        (written, =)
namespace Dalle2.Kernels;

/// <summary>Binary cross-entropy of logits with targets in [0, 1], per element.</summary>
public static class BinaryCrossEntropyOp
{
    /// <summary>The loss of each element.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor logits, Tensor targets, Tensor loss)
    {
        Require(logits, targets);
        stream.Launch(ForwardKernel, logits.Length, logits.View, targets.View, loss.View);
    }

    /// <summary>The gradient of the logits.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Backward(Stream stream, Tensor logits, Tensor targets, float scale, Tensor dlogits)
    {
        Require(logits, targets);
        stream.Launch(BackwardKernel, logits.Length, logits.View, targets.View, scale, dlogits.View);
    }

    static void Require(Tensor logits, Tensor targets)
    {
        if (logits.Length != targets.Length)
            throw new ArgumentException($"targets {targets.Shape} do not fit logits {logits.Shape}");
    }

    // One thread per element.
    static void ForwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> t, ArrayView<float> loss) =>
        loss[i] = XMath.Max(x[i], 0f) - x[i] * t[i] + SpecialFunctions.Log1p(XMath.Exp(-XMath.Abs(x[i])));

    // One thread per element.
    static void BackwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> t, float scale, ArrayView<float> dx) =>
        dx[i] = scale * (SpecialFunctions.Sigmoid(x[i]) - t[i]);
}
