// Kullback-Leibler divergence of diagonal Gaussians, scale * the sum over the elements, v = logvar, q = logvar of the prior, d = mean - mean of the prior:
//   to N(0, I):           loss = (mean^2 + exp(v) - 1 - v) / 2            dmean = scale * mean,  dv = scale * (exp(v) - 1) / 2
//   to a learned prior:    loss = (q - v + exp(v - q) + d^2 exp(-q) - 1) / 2
//     dmean = scale * d exp(-q) = -dprior mean,  dv = scale * (exp(v - q) - 1) / 2,  dq = scale * (1 - exp(v - q) - d^2 exp(-q)) / 2
//   all [n], the loss [1]; loss and gradients written (=)   partials: see Reduction.cs
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Divergence of a diagonal Gaussian from the unit one or from another, summed.</summary>
public static class GaussianKlDivergenceOp
{
    /// <summary>The divergence from N(0, I).</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="mean">The Gaussian's mean.</param>
    /// <param name="logVariance">Its log-variance.</param>
    /// <param name="partials">Working space of <see cref="ReductionOp.Partials"/> elements, overwritten.</param>
    /// <param name="loss">Written, one element.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void ForwardUnit(Stream stream, Tensor mean, Tensor logVariance, Tensor partials, Tensor loss, float scale)
    {
        Require(mean, logVariance);
        ReductionOp.RequirePartials(mean.Length, partials.View);
        stream.Launch(
            PartialUnitKernel, Lanes.FunctionGroups(stream, partials.Length), mean.View, logVariance.View, partials.View, mean.Length);
        ReductionOp.Total(stream, partials, loss, scale);
    }

    /// <summary>The gradients of the divergence from N(0, I).</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void BackwardUnit(Stream stream, Tensor mean, Tensor logVariance, float scale, Tensor dmean, Tensor dlogVariance)
    {
        Require(mean, logVariance);
        stream.Launch(BackwardUnitKernel, mean.Length, mean.View, logVariance.View, scale, dmean.View, dlogVariance.View);
    }

    /// <summary>The divergence from N(priorMean, exp(priorLogVariance)).</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="mean">The Gaussian's mean.</param>
    /// <param name="logVariance">Its log-variance.</param>
    /// <param name="priorMean">The other's mean.</param>
    /// <param name="priorLogVariance">The other's log-variance.</param>
    /// <param name="partials">Working space of <see cref="ReductionOp.Partials"/> elements, overwritten.</param>
    /// <param name="loss">Written, one element.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(
        Stream stream, Tensor mean, Tensor logVariance, Tensor priorMean, Tensor priorLogVariance, Tensor partials, Tensor loss,
        float scale)
    {
        Require(mean, logVariance, priorMean, priorLogVariance);
        ReductionOp.RequirePartials(mean.Length, partials.View);
        stream.Launch(
            PartialKernel, Lanes.FunctionGroups(stream, partials.Length), mean.View, logVariance.View, priorMean.View,
            priorLogVariance.View, partials.View, mean.Length);
        ReductionOp.Total(stream, partials, loss, scale);
    }

    /// <summary>The gradients of the divergence from a learned Gaussian.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Backward(
        Stream stream, Tensor mean, Tensor logVariance, Tensor priorMean, Tensor priorLogVariance, float scale,
        Tensor dmean, Tensor dlogVariance, Tensor dpriorMean, Tensor dpriorLogVariance)
    {
        Require(mean, logVariance, priorMean, priorLogVariance);
        stream.Launch(
            BackwardKernel, mean.Length, mean.View, logVariance.View, priorMean.View, priorLogVariance.View, scale,
            dmean.View, dlogVariance.View, dpriorMean.View, dpriorLogVariance.View);
    }

    static void Require(Tensor mean, params ReadOnlySpan<Tensor> others)
    {
        foreach (Tensor other in others)
        {
            if (other.Length != mean.Length)
                throw new ArgumentException($"the parameters of the Gaussians differ in shape: {mean.Shape} and {other.Shape}");
        }
    }

    // One group per chunk.
    static void PartialUnitKernel(ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> partials, int n) =>
        partials[Grid.IdxX] = Lanes.SumOfFunctions(new UnitTerm(mean, logVariance, ReductionOp.Chunk * Grid.IdxX), 0,
        ReductionOp.ChunkLength(n));

    // One thread per element.
    static void BackwardUnitKernel(
        Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, float scale, ArrayView<float> dmean, ArrayView<float> dlogVariance)
    {
        dmean[i] = scale * mean[i];
        dlogVariance[i] = 0.5f * scale * (StrictMath.Exp(logVariance[i]) - 1f);
    }

    // One group per chunk.
    static void PartialKernel(
        ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> priorMean, ArrayView<float> priorLogVariance,
        ArrayView<float> partials, int n) =>
        partials[Grid.IdxX] = Lanes.SumOfFunctions(
            new Term(mean, logVariance, priorMean, priorLogVariance, ReductionOp.Chunk * Grid.IdxX), 0, ReductionOp.ChunkLength(n));

    // One thread per element.
    static void BackwardKernel(
        Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> priorMean, ArrayView<float> priorLogVariance,
        float scale,
        ArrayView<float> dmean, ArrayView<float> dlogVariance, ArrayView<float> dpriorMean, ArrayView<float> dpriorLogVariance)
    {
        float d = mean[i] - priorMean[i];
        float precision = StrictMath.Exp(-priorLogVariance[i]);
        float excess = StrictMath.Exp(logVariance[i] - priorLogVariance[i]) - 1f;
        dmean[i] = scale * d * precision;
        dlogVariance[i] = 0.5f * scale * excess;
        dpriorMean[i] = -scale * d * precision;
        dpriorLogVariance[i] = -0.5f * scale * (excess + d * d * precision);
    }

    readonly record struct UnitTerm(ArrayView<float> Mean, ArrayView<float> LogVariance, int First) : IFunctionTerm
    {
        public float Value(int at)
        {
            float mean = Mean[First + at], logVariance = LogVariance[First + at];
            return 0.5f * (mean * mean + StrictMath.Exp(logVariance) - 1f - logVariance);
        }
    }

    readonly record struct Term(
        ArrayView<float> Mean, ArrayView<float> LogVariance, ArrayView<float> PriorMean, ArrayView<float> PriorLogVariance, int First)
        : IFunctionTerm
    {
        public float Value(int at)
        {
            float d = Mean[First + at] - PriorMean[First + at];
            float ratio = LogVariance[First + at] - PriorLogVariance[First + at];
            return 0.5f * (StrictMath.Exp(ratio) - ratio + d * d * StrictMath.Exp(-PriorLogVariance[First + at]) - 1f);
        }
    }
}
