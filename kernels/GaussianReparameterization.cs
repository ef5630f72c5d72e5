// A sample of N(mean, exp(logvar)) as a function of its parameters (Kingma and Welling, 2014):  z = mean + eps * exp(logvar / 2)
//   all [n]; eps ~ N(0, 1)
// Backward:  dmean = dz (the caller passes dz on),  dlogvar = dz * eps * exp(logvar / 2) / 2        (written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Samples of diagonal Gaussians through which gradients flow.</summary>
public static class GaussianReparameterizationOp
{
    /// <summary>The sample.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Forward(Stream stream, Tensor mean, Tensor logVariance, Tensor eps, Tensor z)
    {
        if (mean.Length != logVariance.Length || mean.Length != eps.Length || mean.Length != z.Length)
        {
            throw new ArgumentException(
                $"mean {mean.Shape}, log-variance {logVariance.Shape}, noise {eps.Shape} and sample {z.Shape} differ");
        }

        stream.Launch(ForwardKernel, z.Length, mean.View, logVariance.View, eps.View, z.View);
    }

    /// <summary>The gradient of the log-variance; that of the mean is dz itself.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Backward(Stream stream, Tensor logVariance, Tensor eps, Tensor dz, Tensor dlogVariance)
    {
        if (logVariance.Length != eps.Length || logVariance.Length != dz.Length)
            throw new ArgumentException($"log-variance {logVariance.Shape}, noise {eps.Shape} and gradient {dz.Shape} differ");
        stream.Launch(BackwardKernel, dz.Length, logVariance.View, eps.View, dz.View, dlogVariance.View);
    }

    // One thread per element.
    static void ForwardKernel(Index1D i, ArrayView<float> mean, ArrayView<float> logVariance, ArrayView<float> eps, ArrayView<float> z) =>
        z[i] = mean[i] + eps[i] * StrictMath.Exp(0.5f * logVariance[i]);

    // One thread per element.
    static void BackwardKernel(Index1D i, ArrayView<float> logVariance, ArrayView<float> eps, ArrayView<float> dz,
        ArrayView<float> dlogVariance) =>
        dlogVariance[i] = 0.5f * dz[i] * eps[i] * StrictMath.Exp(0.5f * logVariance[i]);
}
