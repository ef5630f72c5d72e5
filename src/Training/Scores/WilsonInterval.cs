using System.Text.Json.Nodes;
using MathNet.Numerics.Distributions;

namespace Dalle2.Training.Scores;

/// <summary>A proportion with its Wilson score interval (Wilson 1927), which stays within 0 and 1 and is sound for few trials and for 0 or n successes.</summary>
/// <param name="Value">Successes divided by trials; 0 without trials.</param>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
public readonly record struct WilsonInterval(double Value, double Low, double High)
{
    /// <summary>The interval of a count.</summary>
    /// <param name="successes">From 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">From 0; without trials the interval is [0, 1].</param>
    /// <param name="confidence">The share of such intervals that hold the true proportion, two-sided: between 0 and 1, 0.95 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count or the confidence is out of range.</exception>
    public static WilsonInterval Of(int successes, int trials, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trials);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        if (!(confidence > 0 && confidence < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "the confidence must lie between 0 and 1");

        if (trials == 0)
            return new WilsonInterval(0, 0, 1);

        double z = Normal.InvCDF(0, 1, (1 + confidence) / 2);
        double n = trials;
        double p = successes / n;
        double center = p + z * z / (2 * n);
        double half = z * Math.Sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        double scale = 1 + z * z / n;

        // At 0 and n successes a bound is exactly 0 or 1; rounding would miss it by an ulp.
        return new WilsonInterval(p,
            successes == 0 ? 0 : (center - half) / scale,
            successes == trials ? 1 : (center + half) / scale);
    }

    /// <summary>The stable form <c>{value, low, high}</c>.</summary>
    public JsonObject ToJson() => new() { ["value"] = Value, ["low"] = Low, ["high"] = High };
}
