// Classifier-free guidance (Ho and Salimans, 2022, arXiv 2207.12598), over a doubled batch:  y[n] = u + g (c - u),  c = predictions[n],  u = predictions[N + n]
//   predictions [2 N, ...]: with the condition, then without it   y [N, ...]   (written, =; it may be the first half of the predictions)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Predictions with and without a condition made one.</summary>
public static class ClassifierFreeGuidanceOp
{
    /// <summary><c>y = u + guidance (c - u)</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="predictions">Those with the condition, then those without.</param>
    /// <param name="y">Written, half as many.</param>
    /// <param name="guidance">g: 0 without the condition, 1 with it, more to overdo it.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Combine(Stream stream, Tensor predictions, Tensor y, float guidance)
    {
        if (predictions.Shape.Rank < 1 || predictions.Shape[0] % 2 != 0 || 2L * y.Length != predictions.Length)
            throw new ArgumentException($"predictions {predictions.Shape}, with a condition and without, do not make {y.Shape}");
        stream.Launch(CombineKernel, y.Length, predictions.View, y.View, guidance, y.Length);
    }

    // One thread per element.
    static void CombineKernel(Index1D i, ArrayView<float> predictions, ArrayView<float> y, float guidance, int count)
    {
        float without = predictions[count + i];
        y[i] = Fused.MultiplyAdd(guidance, predictions[i] - without, without);
    }
}
