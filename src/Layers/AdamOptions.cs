namespace Dalle2.Layers;

/// <summary>What decides Adam's steps, but for the learning rate, which each step is given.</summary>
/// <param name="Beta1">Decay of the running mean of the gradient, in [0, 1).</param>
/// <param name="Beta2">Decay of the running mean of its square, in [0, 1).</param>
/// <param name="Epsilon">Added to the root of the second moment; positive.</param>
/// <param name="WeightDecay">AdamW's decay, decoupled from the gradient; not applied to biases and gains (parameters of one axis or none). 0: Adam.</param>
/// <param name="ClipNorm">Gradients whose global norm is larger are scaled down to it; 0 for any norm.</param>
public sealed record AdamOptions(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0,
    double ClipNorm = 1)
{
    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    internal void Validate()
    {
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "in [0, 1)");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "in [0, 1)");
        Require(Epsilon > 0 && double.IsFinite(Epsilon), nameof(Epsilon), Epsilon, "positive");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "0 or more");
        Require(ClipNorm >= 0 && double.IsFinite(ClipNorm), nameof(ClipNorm), ClipNorm, "0 or more");
    }

    static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
            throw new ArgumentException($"Adam's {name} must be {range}, not {value}");
    }
}
