namespace Dalle2.Kernels.Shared;

/// <summary>What a diffusion model predicts of a noisy sample <c>alpha x + sigma eps</c>.</summary>
public enum DiffusionTarget
{
    /// <summary><c>v = alpha eps - sigma x</c> (Salimans and Ho, 2022, arXiv 2202.00512).</summary>
    Velocity,

    /// <summary>The noise, eps.</summary>
    Noise,

    /// <summary>The sample without noise, x.</summary>
    Clean,
}
