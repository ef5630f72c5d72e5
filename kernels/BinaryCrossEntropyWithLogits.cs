// Binary cross-entropy with logits:  loss = scale * sum over the elements of max(x, 0) - x t + log(1 + exp(-|x|)),
//   which is -t log p - (1 - t) log(1 - p), p = sigmoid(x)      x, t, dx [n]; t in [0, 1]   loss [1]   partials: see Reduction.cs
// Backward:  dx = scale * (sigmoid(x) - t)        (both written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Binary cross-entropy of logits with targets in [0, 1], summed.</summary>
public static class BinaryCrossEntropyWithLogitsOp
{
    /// <summary>The loss.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="logits">x.</param>
    /// <param name="targets">t.</param>
    /// <param name="partials">Working space of <see cref="ReductionOp.Partials"/> elements, overwritten.</param>
    /// <param name="loss">Written, one element.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor logits, Tensor targets, Tensor partials, Tensor loss, float scale)
    {
        Require(logits, targets);
        ReductionOp.RequirePartials(logits.Length, partials.View);
        stream.Launch(
            PartialKernel, Lanes.FunctionGroups(stream, partials.Length), logits.View, targets.View, partials.View, logits.Length);
        ReductionOp.Total(stream, partials, loss, scale);
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

    // One group per chunk.
    static void PartialKernel(ArrayView<float> x, ArrayView<float> t, ArrayView<float> partials, int n) =>
        partials[Grid.IdxX] = Lanes.SumOfFunctions(new Term(x, t, ReductionOp.Chunk * Grid.IdxX), 0, ReductionOp.ChunkLength(n));

    // One thread per element.
    static void BackwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> t, float scale, ArrayView<float> dx) =>
        dx[i] = scale * (SpecialFunctions.Sigmoid(x[i]) - t[i]);

    readonly record struct Term(ArrayView<float> X, ArrayView<float> T, int First) : IFunctionTerm
    {
        public float Value(int at)
        {
            float x = X[First + at];
            return StrictMath.Max(x, 0f) - x * T[First + at] + SpecialFunctions.Log1p(StrictMath.Exp(-StrictMath.Abs(x)));
        }
    }
}
