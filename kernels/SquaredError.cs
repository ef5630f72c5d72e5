// Squared error:  loss = scale * sum over i of (x[i] - t[i])^2          x, t, dx [n]   loss [1]   partials: see Reduction.cs
// Backward:  dx = 2 * scale * (x - t)                                   (both written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The squared difference of two tensors, summed.</summary>
public static class SquaredErrorOp
{
    /// <summary>The loss.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The values.</param>
    /// <param name="targets">What they should be.</param>
    /// <param name="partials">Working space of <see cref="ReductionOp.Partials"/> elements, overwritten.</param>
    /// <param name="loss">Written, one element.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor targets, Tensor partials, Tensor loss, float scale)
    {
        Require(x, targets);
        ReductionOp.RequirePartials(x.Length, partials.View);
        stream.Launch(PartialKernel, Lanes.Groups(stream, partials.Length), x.View, targets.View, partials.View, x.Length);
        ReductionOp.Total(stream, partials, loss, scale);
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

    // One group per chunk.
    static void PartialKernel(ArrayView<float> x, ArrayView<float> t, ArrayView<float> partials, int n) =>
        partials[Grid.IdxX] = Lanes.Sum(new Term(x, t, ReductionOp.Chunk * Grid.IdxX), 0, ReductionOp.ChunkLength(n));

    // One thread per element.
    static void BackwardKernel(Index1D i, ArrayView<float> x, ArrayView<float> t, float scale, ArrayView<float> dx) =>
        dx[i] = 2f * scale * (x[i] - t[i]);

    readonly record struct Term(ArrayView<float> X, ArrayView<float> T, int First) : ITerm
    {
        public float Add(float sum, int at)
        {
            float difference = X[First + at] - T[First + at];
            return Fused.MultiplyAdd(difference, difference, sum);
        }
    }
}
