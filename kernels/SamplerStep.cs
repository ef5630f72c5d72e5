// One step of a sampler of a diffusion model, from what it predicts of the noisy sample x; one launch, in place:
//   clean = onX x + onPrediction prediction, clamped to [-1, 1] by choice        (from v: alpha x - sigma v; from eps: (x - sigma eps) / alpha)
//   x = a x + b clean + c previous + d noise,  previous = clean                  (both changed);  noise ~ N(0, 1) from the key, see NormalRuns.cs
//   x, prediction, previous [n]   step [Length], in device memory, so that a recorded step can be replayed; without c and d no previous and no noise is read
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
    // Bits of a step's number that are left to the sampler's.
    const int StepBits = 40;

    /// <summary>One step.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">The noisy sample; changed.</param>
    /// <param name="prediction">Of the model.</param>
    /// <param name="previous">The clean sample of the step before, changed to this step's; null where no step needs it.</param>
    /// <param name="coefficients">See <see cref="SamplerCoefficients.CopyTo"/>.</param>
    /// <param name="key">Decides the noise, together with the step's number.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Update(Stream stream, Tensor x, Tensor prediction, Tensor? previous, Tensor coefficients, StepKey key)
    {
        if (prediction.Length != x.Length || (previous != null && previous.Length != x.Length)
            || coefficients.Length != SamplerCoefficients.Length)
        {
            throw new ArgumentException($"a prediction {prediction.Shape}, a previous {previous?.Shape} and {coefficients.Length} "
                + $"coefficients do not fit samples {x.Shape}");
        }

        ArrayView<float> before = previous == null ? ArrayView<float>.Empty : previous.View;
        stream.Launch(
            UpdateKernel, NormalRuns.Groups(stream, x.Length, 1), x.View, prediction.View, before, coefficients.View, key.Key, key.Step,
            x.Length);
    }

    // One group per part of the elements.
    static void UpdateKernel(
        ArrayView<float> x, ArrayView<float> prediction, ArrayView<float> previous, ArrayView<float> coefficients, RandomKey key,
        ArrayView<int> step, int length)
    {
        var update = new Next(
            x, prediction, previous, coefficients[0], coefficients[1], coefficients[2], coefficients[3], coefficients[4], coefficients[5],
            coefficients[6]);
        if (coefficients[5] != 0f)
        {
            RandomKey named = StepKey.At(key, step);
            ulong own = named.Step + ((ulong)(int)coefficients[7] << StepBits);
            NormalRuns.ForEach(update, new RandomKey(named.Seed, own, named.Tensor), length);
            return;
        }

        int first = Grid.IdxX * NormalRuns.GroupElements;
        Lanes.ForEach(update, first, IntrinsicMath.Min(first + NormalRuns.GroupElements, length));
    }

    readonly record struct Next(
        ArrayView<float> X, ArrayView<float> Prediction, ArrayView<float> Previous, float OnX, float OnPrediction, float A, float B,
        float C, float D, float Clamps) : INoisyElement, IElement
    {
        public void Do(int at) => Do(at, 0f);

        public void Do(int at, float noise)
        {
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
