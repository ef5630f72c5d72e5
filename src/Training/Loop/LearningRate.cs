using Dalle2.Gpu.Extensions;

namespace Dalle2.Training.Loop;

/// <summary>Linear warm-up, then half a cosine down to a hundredth of the highest step size (Loshchilov and Hutter, 2017, without restarts).</summary>
public static class LearningRate
{
    const float Floor = 0.01f;

    /// <summary>The step size of a step.</summary>
    /// <param name="peak">The highest step size.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">Steps of the stage.</param>
    /// <param name="warmup">Steps of warm-up.</param>
    public static float At(float peak, long step, int steps, int warmup)
    {
        if (step < warmup)
            return peak * (step + 1) / warmup;
        // StrictMath, not Math: the platform's cosine may differ in the last bit from machine to machine.
        float progress = Math.Min(1f, (float)(step - warmup) / Math.Max(1, steps - warmup));
        return peak * (Floor + (1 - Floor) * 0.5f * (1 + StrictMath.Cos(StrictMath.PI * progress)));
    }
}
