using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Diffusion;
using Dalle2.Tensors;

namespace Dalle2.Training.Families.Unclip;

/// <summary>What a diffusion stage draws for a step: each sample's time, one of equal parts of [0, 1] each, and whether it learns without its condition. A pure function of (seed, step).</summary>
/// <param name="schedule">How noise grows with time.</param>
/// <param name="target">What is predicted.</param>
/// <param name="gamma">The largest weight of the clean sample's error (min-SNR); 0 weighs all alike.</param>
/// <param name="dropped">The share of samples without a condition.</param>
sealed class NoiseLevels(NoiseSchedule schedule, DiffusionTarget target, double gamma, float dropped)
{
    // The weight of v has no value where there is no noise.
    const double LeastTime = 1e-4;

    float[] levels = [];

    /// <summary>Times, alphas, sigmas and weights, <c>[4, B]</c>; rows of a condition that is dropped become zeros.</summary>
    /// <param name="context">The step.</param>
    /// <param name="name">Names the random numbers.</param>
    /// <param name="condition">Rows of the condition, one for each sample.</param>
    /// <param name="count">Samples.</param>
    public Tensor Upload(Context context, string name, Span<float> condition, int count)
    {
        if (levels.Length != 4 * count)
            levels = new float[4 * count];
        RandomKey key = RandomKey.Named(context.Seed, context.Step, name);
        int length = condition.Length / count;
        for (int b = 0; b < count; b++)
        {
            RandomBlock words = Philox.Block(key, (uint)b);
            double time = Math.Max(LeastTime, (b + Philox.Uniform(words.W0)) / (double)count);
            levels[b] = (float)time;
            levels[count + b] = (float)schedule.Alpha(time);
            levels[2 * count + b] = (float)schedule.Sigma(time);
            levels[3 * count + b] = gamma > 0 ? (float)schedule.MinSnrWeight(time, target, gamma) : 1f;
            if (Philox.Uniform(words.W1) < dropped)
                condition.Slice(b * length, length).Clear();
        }

        return context.Upload(levels, 4, count);
    }
}
