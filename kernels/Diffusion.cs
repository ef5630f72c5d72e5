// Noise for the training of diffusion models (Ho et al., 2020), variance preserving, alpha^2 + sigma^2 = 1:
//   noisy = alpha[n] x + sigma[n] eps,  eps ~ N(0, 1) from the key, see NormalRuns.cs
//   target = alpha[n] eps - sigma[n] x,  eps  or  x          x, noisy, eps, target [N, ...]   alpha, sigma [N]      (written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Noisy samples and what is to be predicted of them.</summary>
public static class DiffusionOp
{
    /// <summary>The noisy samples, the noise and the targets, in one launch.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The samples, <c>[N, ...]</c>.</param>
    /// <param name="alpha">What is left of each sample, <c>[N]</c>.</param>
    /// <param name="sigma">The deviation of each sample's noise, <c>[N]</c>.</param>
    /// <param name="key">Decides the noise.</param>
    /// <param name="target">What is predicted.</param>
    /// <param name="noisy">Written.</param>
    /// <param name="eps">Written.</param>
    /// <param name="targets">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void AddNoise(
        Stream stream, Tensor x, Tensor alpha, Tensor sigma, StepKey key, DiffusionTarget target, Tensor noisy, Tensor eps, Tensor targets)
    {
        if (x.Shape.Rank < 1 || alpha.Length != x.Shape[0] || sigma.Length != x.Shape[0] || noisy.Length != x.Length
            || eps.Length != x.Length || targets.Length != x.Length)
        {
            throw new ArgumentException(
                $"samples {x.Shape} take as many alphas and sigmas, not {alpha.Length} and {sigma.Length}, and give as many values, not "
                + $"{noisy.Shape}, {eps.Shape} and {targets.Shape}");
        }

        if (!Enum.IsDefined(target))
            throw new ArgumentException($"there is no target number {(int)target}");
        int length = x.Shape[0] == 0 ? 0 : x.Length / x.Shape[0];
        stream.Launch(
            AddNoiseKernel, NormalRuns.Groups(stream, length, x.Shape[0]), x.View, alpha.View, sigma.View, key.Key, key.Step, noisy.View,
            eps.View, targets.View, length, (int)target);
    }

    // One group per part of a sample.
    static void AddNoiseKernel(
        ArrayView<float> x, ArrayView<float> alpha, ArrayView<float> sigma, RandomKey key, ArrayView<int> step, ArrayView<float> noisy,
        ArrayView<float> eps, ArrayView<float> targets, int length, int target)
    {
        float left = alpha[Grid.IdxY], deviation = sigma[Grid.IdxY];
        float onNoise = target == (int)DiffusionTarget.Velocity ? left : target == (int)DiffusionTarget.Noise ? 1f : 0f;
        float onClean = target == (int)DiffusionTarget.Velocity ? -deviation : target == (int)DiffusionTarget.Noise ? 0f : 1f;
        NormalRuns.ForEach(
            new Noisy(x, noisy, eps, targets, Grid.IdxY * length, left, deviation, onNoise, onClean), StepKey.At(key, step), Grid.IdxY,
            length);
    }

    readonly record struct Noisy(
        ArrayView<float> X, ArrayView<float> Y, ArrayView<float> Eps, ArrayView<float> Targets, int First, float Alpha, float Sigma,
        float OnNoise, float OnClean) : INoisyElement
    {
        public void Do(int at, float noise)
        {
            float x = X[First + at];
            Eps[First + at] = noise;
            Y[First + at] = Fused.MultiplyAdd(Alpha, x, Sigma * noise);
            Targets[First + at] = Fused.MultiplyAdd(OnNoise, noise, OnClean * x);
        }
    }
}
