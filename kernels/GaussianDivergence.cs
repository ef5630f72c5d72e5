// Kullback-Leibler divergence of diagonal Gaussians, per element, v = logvar, q = logvar of the prior, d = mean - mean of the prior:
//   to N(0, I):           loss = (mean^2 + exp(v) - 1 - v) / 2            dmean = scale * mean,  dv = scale * (exp(v) - 1) / 2
//   to a learnt prior:    loss = (q - v + exp(v - q) + d^2 exp(-q) - 1) / 2
//     dmean = scale * d exp(-q) = -dprior mean,  dv = scale * (exp(v - q) - 1) / 2,  dq = scale * (1 - exp(v - q) - d^2 exp(-q)) / 2
//   all [n]; gradients written (=)
namespace Dalle2.Kernels;

/// <summary>Divergence of a diagonal Gaussian from the unit one or from another, per element.</summary>
public static class GaussianDivergenceOp
{
    /// <summary>The divergence from N(0, I) of each element.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void ForwardUnit(Stream stream, Tensor mean, Tensor logVariance, Tensor loss)
    {
        Require(mean, logVariance);
        stream.Launch(ForwardUnitKernel, mean.Length, mean.View, logVariance.View, loss.View);
    }

    /// <summary>The gradients of the divergence from N(0, I).</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void BackwardUnit(Stream stream, Tensor mean, Tensor logVariance, float scale, Tensor dmean, Tensor dlogVariance)
    {
        Require(mean, logVariance);
        stream.Launch(BackwardUnitKernel, mean.Length, mean.View, logVariance.View, scale, dmean.View, dlogVariance.View);
    }

    /// <summary>The divergence from N(priorMean, exp(priorLogVariance)) of each element.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor mean, Tensor logVariance, Tensor priorMean, Tensor priorLogVariance, Tensor loss)
    {
        Require(mean, logVariance, priorMean, priorLogVariance);
        stream.Launch(ForwardKernel, mean.Length, mean.View, logVariance.View, priorMean.View, priorLogVariance.View, loss.View);
    }

    /// <summary>The gradients of the divergence from a learnt Gaussian.</summary>
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

    // One thread per element.
    static void ForwardUnitKernel(Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> loss) =>
        loss[i] = 0.5f * (mean[i] * mean[i] + XMath.Exp(logVariance[i]) - 1f - logVariance[i]);

    // One thread per element.
    static void BackwardUnitKernel(
        Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, float scale, ArrayView<float> dmean, ArrayView<float> dlogVariance)
    {
        dmean[i] = scale * mean[i];
        dlogVariance[i] = 0.5f * scale * (XMath.Exp(logVariance[i]) - 1f);
    }

    // One thread per element.
    static void ForwardKernel(
        Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> priorMean, ArrayView<float> priorLogVariance, ArrayView<float> loss)
    {
        float d = mean[i] - priorMean[i];
        float ratio = logVariance[i] - priorLogVariance[i];
        loss[i] = 0.5f * (XMath.Exp(ratio) - ratio + d * d * XMath.Exp(-priorLogVariance[i]) - 1f);
    }

    // One thread per element.
    static void BackwardKernel(
        Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> priorMean, ArrayView<float> priorLogVariance, float scale,
        ArrayView<float> dmean, ArrayView<float> dlogVariance, ArrayView<float> dpriorMean, ArrayView<float> dpriorLogVariance)
    {
        float d = mean[i] - priorMean[i];
        float precision = XMath.Exp(-priorLogVariance[i]);
        float excess = XMath.Exp(logVariance[i] - priorLogVariance[i]) - 1f;
        dmean[i] = scale * d * precision;
        dlogVariance[i] = 0.5f * scale * excess;
        dpriorMean[i] = -scale * d * precision;
        dpriorLogVariance[i] = -0.5f * scale * (excess + d * d * precision);
    }
}
