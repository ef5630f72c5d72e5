// One step of a sampler of a diffusion model, from what it predicts of the noisy sample x; one launch, in place:
//   clean = onX x + onPrediction prediction, clamped to [-1, 1] by choice        (from v: alpha x - sigma v; from eps: (x - sigma eps) / alpha)
//   x = a x + b clean + c previous + d noise,  previous = clean                  (both changed);  noise ~ N(0, 1) of each sample's own key, see NormalRuns.cs
//   x, prediction, previous [N, ...]   coefficients [Length], in device memory, so that a recorded step can be replayed; numbers [N], or empty for no noise
//   Without c no previous is read. Noise is a function of the key, the sample's number and the step, so that a sample is the same in any batch.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>What a step of a sampler multiplies by, computed on the host in double precision.</summary>
/// <param name="OnX">Of x, in the clean sample.</param>
/// <param name="OnPrediction">Of the prediction, in the clean sample.</param>
/// <param name="A">Of x.</param>
/// <param name="B">Of the clean sample.</param>
/// <param name="C">Of the clean sample of the step before; 0 where there is none.</param>
/// <param name="D">Of the noise; 0 for none.</param>
/// <param name="Clamps">Whether the clean sample is clamped to [-1, 1].</param>
/// <param name="Index">The number of the step, which has noise of its own.</param>
public readonly record struct SamplerCoefficients(
    double OnX, double OnPrediction, double A, double B, double C, double D, bool Clamps, int Index)
{
    /// <summary>How many numbers it is.</summary>
    public const int Length = 8;

    /// <summary>Writes the numbers as they lie in device memory.</summary>
    public void CopyTo(Span<float> target)
    {
        (target[0], target[1], target[2], target[3]) = ((float)OnX, (float)OnPrediction, (float)A, (float)B);
        (target[4], target[5], target[6], target[7]) = ((float)C, (float)D, Clamps ? 1f : 0f, Index);
    }
}

/// <summary>The updates of samplers.</summary>
public static class SamplerStepOp
{
    /// <summary>One step.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The noisy samples; changed.</param>
    /// <param name="prediction">Of the model.</param>
    /// <param name="previous">The clean samples of the step before, changed to this step's; null where no step needs them.</param>
    /// <param name="coefficients">See <see cref="SamplerCoefficients.CopyTo"/>.</param>
    /// <param name="noise">Decides the noise, together with the step's number; null for none, whatever the coefficients say.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Update(
        Stream stream, Tensor x, Tensor prediction, Tensor? previous, Tensor coefficients, SampleKey? noise = null)
    {
        int samples = noise is { } key ? key.Numbers.Length : 1;
        if (prediction.Length != x.Length || (previous != null && previous.Length != x.Length)
            || coefficients.Length != SamplerCoefficients.Length || (noise != null && (x.Shape.Rank < 1 || x.Shape[0] != samples)))
        {
            throw new ArgumentException($"a prediction {prediction.Shape}, a previous {previous?.Shape}, {samples} numbers and "
                + $"{coefficients.Length} coefficients do not fit samples {x.Shape}");
        }

        int length = samples == 0 ? 0 : x.Length / samples;
        stream.Launch(
            UpdateKernel, NormalRuns.Groups(stream, length, samples), x.View, prediction.View,
            previous == null ? ArrayView<float>.Empty : previous.View, coefficients.View, noise?.Key ?? default,
            noise is { } named ? named.Numbers.View : ArrayView<int>.Empty, length);
    }

    // One group per part of a sample, or of all where there is no noise.
    static void UpdateKernel(
        ArrayView<float> x, ArrayView<float> prediction, ArrayView<float> previous, ArrayView<float> coefficients, RandomKey key,
        ArrayView<int> numbers, int length)
    {
        var update = new Next(
            x, prediction, previous, Grid.IdxY * length, coefficients[0], coefficients[1], coefficients[2], coefficients[3],
            coefficients[4], coefficients[5], coefficients[6]);
        if (numbers.Length > 0 && coefficients[5] != 0f)
        {
            NormalRuns.ForEach(update, SampleKey.Of(key, numbers[Grid.IdxY], (int)coefficients[7]), 0, length);
            return;
        }

        int first = Grid.IdxX * NormalRuns.GroupElements;
        Lanes.ForEach(update, first, IntrinsicMath.Min(first + NormalRuns.GroupElements, length));
    }

    readonly record struct Next(
        ArrayView<float> X, ArrayView<float> Prediction, ArrayView<float> Previous, int First, float OnX, float OnPrediction, float A,
        float B, float C, float D, float Clamps) : INoisyElement, IElement
    {
        public void Do(int own) => Do(own, 0f);

        public void Do(int own, float noise)
        {
            int at = First + own;
            float x = X[at], clean = Fused.MultiplyAdd(OnX, x, OnPrediction * Prediction[at]);
            if (Clamps != 0f)
                clean = StrictMath.Min(StrictMath.Max(clean, -1f), 1f);
            float next = Fused.MultiplyAdd(A, x, B * clean);
            if (C != 0f)
                next = Fused.MultiplyAdd(C, Previous[at], next);
            if (Previous.Length > 0)
                Previous[at] = clean;
            X[at] = Fused.MultiplyAdd(D, noise, next);
        }
    }
}
