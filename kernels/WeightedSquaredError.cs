// Squared error with a weight for each sample (min-SNR: Hang et al., 2023, arXiv 2303.09556):
//   losses[n] = 1 / D sum over the sample's D values of (x - t)^2,   loss = scale * sum over n of weights[n] losses[n]
//   x, t, dx [N, ...]   weights, losses [N]   loss [1]   partials [N, Chunks]: chunks of 4,096 values; sums over those and over samples: see Lanes.cs
// Backward:  dx = 2 scale weights[n] / D (x - t)          (all written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The mean squared error of each sample, and their weighted sum.</summary>
public static class WeightedSquaredErrorOp
{
    /// <summary>Partial sums of samples of so many values each.</summary>
    public static int Partials(int samples, int length) => samples * ReductionOp.Partials(length);

    /// <summary>The losses.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The values, <c>[N, ...]</c>.</param>
    /// <param name="targets">What they should be.</param>
    /// <param name="weights">Of each sample.</param>
    /// <param name="partials">Working space of <see cref="Partials"/> elements, overwritten.</param>
    /// <param name="losses">Written: each sample's mean squared error, without its weight.</param>
    /// <param name="loss">Written, one element.</param>
    /// <param name="scale">What the weighted sum is multiplied by.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(
        Stream stream, Tensor x, Tensor targets, Tensor weights, Tensor partials, Tensor losses, Tensor loss, float scale)
    {
        int samples = Require(x, targets, weights), length = x.Length / samples, chunks = ReductionOp.Partials(length);
        if (partials.Length != samples * chunks || losses.Length != samples || loss.Length != 1)
        {
            throw new ArgumentException($"{partials.Length} partial sums, {losses.Length} losses of samples and {loss.Length} in all do "
                + $"not fit {x.Shape}");
        }

        Index3D group = Lanes.Groups(stream, 1).GroupDim;
        stream.Launch(
            PartialKernel, new KernelConfig(new Index3D(chunks, samples, 1), group), x.View, targets.View, partials.View, length, chunks);
        stream.Launch(SampleKernel, Lanes.Groups(stream, samples), partials.View, losses.View, length, chunks);
        stream.Launch(TotalKernel, Lanes.Groups(stream, 1), losses.View, weights.View, loss.View, samples, scale);
    }

    /// <summary>The gradient of x.</summary>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor x, Tensor targets, Tensor weights, float scale, Tensor dx)
    {
        int samples = Require(x, targets, weights), length = x.Length / samples;
        if (dx.Length != x.Length)
            throw new ArgumentException($"the gradient of {x.Shape} is not {dx.Shape}");
        stream.Launch(
            BackwardKernel, new Index2D(length, samples), x.View, targets.View, weights.View, dx.View, length, 2f * scale / length);
    }

    static int Require(Tensor x, Tensor targets, Tensor weights)
    {
        if (x.Shape.Rank < 1 || x.Length == 0 || targets.Shape != x.Shape || weights.Length != x.Shape[0])
            throw new ArgumentException($"targets {targets.Shape} and {weights.Length} weights do not fit values {x.Shape}");
        return x.Shape[0];
    }

    // One group per chunk of a sample.
    static void PartialKernel(ArrayView<float> x, ArrayView<float> t, ArrayView<float> partials, int length, int chunks) =>
        partials[Grid.IdxY * chunks + Grid.IdxX] = Lanes.Sum(
            new Term(x, t, Grid.IdxY * length + ReductionOp.Chunk * Grid.IdxX), 0, ReductionOp.ChunkLength(length));

    // One group per sample.
    static void SampleKernel(ArrayView<float> partials, ArrayView<float> losses, int length, int chunks) =>
        losses[Grid.IdxX] = Lanes.Sum(new ValueTerm(partials, Grid.IdxX * chunks), 0, chunks) / length;

    // One group.
    static void TotalKernel(ArrayView<float> losses, ArrayView<float> weights, ArrayView<float> loss, int samples, float scale) =>
        loss[0] = scale * Lanes.Sum(new ProductTerm(losses, weights, 0), 0, samples);

    // One thread per element.
    static void BackwardKernel(
        Index2D index, ArrayView<float> x, ArrayView<float> t, ArrayView<float> weights, ArrayView<float> dx, int length, float scale)
    {
        int at = index.Y * length + index.X;
        dx[at] = scale * weights[index.Y] * (x[at] - t[at]);
    }

    readonly record struct Term(ArrayView<float> X, ArrayView<float> T, int First) : ITerm
    {
        public float Add(float sum, int at)
        {
            float difference = X[First + at] - T[First + at];
            return Fused.MultiplyAdd(difference, difference, sum);
        }
    }
}
