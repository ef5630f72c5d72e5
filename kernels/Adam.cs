// Adam (Kingma and Ba, 2015) with clipping by the global norm, and the decoupled weight decay of AdamW (Loshchilov and Hutter, 2019):
//   g' = g * min(1, clip / norm)        (clip 0: g' = g)
//   m = beta1 m + (1 - beta1) g'        v = beta2 v + (1 - beta2) g'^2
//   w = w - rate / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps)        decay, before it:  w = w (1 - rate * decay)
//   Then g = 0, for the next step's sums.
//   w, g, m, v [n], any flat range   norm [1]; if it is not finite, w, m and v stay as they are   The first so many w decay.
//   step [3]: rate / (1 - beta1^t), 1 / (1 - beta2^t), 1 - rate * decay
//   A loss [1] that is not finite makes the norm NaN: such a step changes nothing either.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>What is the same in every step of Adam.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Complement1">1 - Beta1.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Complement2">1 - Beta2.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="ClipNorm">The largest global norm of the gradient; 0 for any.</param>
public readonly record struct AdamRule(float Beta1, float Complement1, float Beta2, float Complement2, float Epsilon, float ClipNorm)
{
    /// <summary>The rule of options in double precision.</summary>
    public static AdamRule Of(double beta1, double beta2, double epsilon, double clipNorm) =>
        new((float)beta1, (float)(1 - beta1), (float)beta2, (float)(1 - beta2), (float)epsilon, (float)clipNorm);
}

/// <summary>What differs from one step of Adam to the next, computed on the host in double precision; it lies in device memory, so that a recorded step can be replayed.</summary>
/// <param name="StepSize">rate / (1 - Beta1^t).</param>
/// <param name="Correction2">1 / (1 - Beta2^t).</param>
/// <param name="Retained">1 - rate * decay: what the decay leaves of a weight.</param>
public readonly record struct AdamStep(float StepSize, float Correction2, float Retained)
{
    /// <summary>How many numbers it is.</summary>
    public const int Length = 3;

    /// <summary>The scalars of step <paramref name="step"/>, counted from 1.</summary>
    public static AdamStep Of(long step, double rate, double beta1, double beta2, double decay) => new(
        (float)(rate / (1 - Math.Pow(beta1, step))), (float)(1 / (1 - Math.Pow(beta2, step))), (float)(1 - rate * decay));

    /// <summary>Writes the numbers as they lie in device memory.</summary>
    public void CopyTo(Span<float> target) => (target[0], target[1], target[2]) = (StepSize, Correction2, Retained);

    /// <summary>The numbers of device memory; for kernels.</summary>
    public static AdamStep At(ArrayView<float> step) => new(step[0], step[1], step[2]);
}

/// <summary>Adam over flat ranges.</summary>
public static class AdamOp
{
    /// <summary>One step over a range, one launch.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="values">Changed.</param>
    /// <param name="gradients">Read, then set to zero, also where the norm is not finite.</param>
    /// <param name="firstMoments">Changed.</param>
    /// <param name="secondMoments">Changed.</param>
    /// <param name="norm">The global norm of the gradient, one element; see <see cref="ReductionOp.Norm"/>.</param>
    /// <param name="rule">The same in every step.</param>
    /// <param name="step">The step's scalars; see <see cref="AdamStep.CopyTo"/>.</param>
    /// <param name="decayed">How many values, from the first on, decay.</param>
    /// <exception cref="ArgumentException">The ranges differ in length, or the step has other than its scalars.</exception>
    public static void Update(
        Stream stream, ArrayView<float> values, ArrayView<float> gradients, ArrayView<float> firstMoments, ArrayView<float> secondMoments,
        ArrayView<float> norm, AdamRule rule, ArrayView<float> step, int decayed)
    {
        if (gradients.Length != values.Length || firstMoments.Length != values.Length || secondMoments.Length != values.Length)
        {
            throw new ArgumentException($"Adam over ranges of {values.Length}, {gradients.Length}, {firstMoments.Length} and "
                + $"{secondMoments.Length} elements: they must be equal");
        }

        if (step.Length != AdamStep.Length)
            throw new ArgumentException($"a step of Adam has {AdamStep.Length} scalars, not {step.Length}");
        stream.Launch(UpdateKernel, values.IntLength, values, gradients, firstMoments, secondMoments, norm, rule, step, decayed);
    }

    /// <summary>Makes the norm NaN if the loss is not finite, so that the step changes nothing.</summary>
    /// <exception cref="ArgumentException">One of them has more than one element, or none.</exception>
    public static void RequireFinite(Stream stream, Tensor loss, Tensor norm)
    {
        if (loss.Length != 1 || norm.Length != 1)
            throw new ArgumentException($"a loss and a norm have one element each, not {loss.Shape} and {norm.Shape}");
        stream.Launch(RequireFiniteKernel, 1, loss.View, norm.View);
    }

    // One thread.
    static void RequireFiniteKernel(Index1D i, ArrayView<float> loss, ArrayView<float> norm) =>
        norm[i] = StrictMath.IsFinite(loss[i]) ? norm[i] : float.NaN;

    // One thread per element.
    static void UpdateKernel(
        Index1D i, ArrayView<float> values, ArrayView<float> gradients, ArrayView<float> firstMoments, ArrayView<float> secondMoments,
        ArrayView<float> norm, AdamRule rule, ArrayView<float> scalars, int decayed)
    {
        AdamStep step = AdamStep.At(scalars);
        float length = norm[0], g = gradients[i];
        gradients[i] = 0f;
        if (!StrictMath.IsFinite(length))
            return;
        if (rule.ClipNorm > 0f && length > rule.ClipNorm)
            g *= rule.ClipNorm / length;
        float m = rule.Beta1 * firstMoments[i] + rule.Complement1 * g;
        float v = rule.Beta2 * secondMoments[i] + rule.Complement2 * (g * g);
        firstMoments[i] = m;
        secondMoments[i] = v;
        float w = values[i] * (i < decayed ? step.Retained : 1f);
        values[i] = w - step.StepSize * m / (StrictMath.Sqrt(v * step.Correction2) + rule.Epsilon);
    }
}
