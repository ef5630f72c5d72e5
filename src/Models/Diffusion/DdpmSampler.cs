namespace Dalle2.Models.Diffusion;

/// <summary>
/// DDPM (Ho, Jain and Abbeel, 2020, arXiv 2006.11239): draws from the posterior of the next sample given this one and the clean one,
/// <c>q(x' | x, clean)</c>, whose variance is <c>(sigma' / sigma)^2 (1 - alpha^2 / alpha'^2)</c>. It is <see cref="DdimSampler"/> with eta 1.
/// </summary>
/// <param name="schedule">That the model was trained with.</param>
/// <param name="steps">How many.</param>
/// <param name="predicted">What the model predicts.</param>
/// <param name="clamps">Whether the clean samples are clamped to [-1, 1].</param>
/// <param name="start">The time of the first noise.</param>
/// <param name="end">The time of the sample.</param>
/// <exception cref="ArgumentException">There is no step, or the times do not fall within [0, 1].</exception>
public sealed class DdpmSampler(
    NoiseSchedule schedule, int steps, DiffusionTarget predicted, bool clamps = false, double start = 1, double end = 0)
    : DdimSampler(schedule, steps, predicted, 1, clamps, start, end);
