using System.Text.Json.Nodes;
using Dalle2.Data.Sets;
using MathNet.Numerics.Statistics;

namespace Dalle2.Training.Scores.Distances;

/// <summary>
/// Whether drawings are training pictures again: how far each is from its nearest training picture (mean squared error of values in [0, 1]), beside the same of real
/// pictures that were held out.
/// </summary>
/// <param name="Count">Drawings, and true pictures of the same captions.</param>
/// <param name="TrainingCount">Training pictures.</param>
/// <param name="MedianDrawn">The median distance of drawings.</param>
/// <param name="MedianReal">The median distance of true pictures.</param>
/// <param name="Threshold">The distance that the nearest <see cref="Chance"/> of the true pictures are within.</param>
/// <param name="Nearer">The share of drawings that are nearer to a training picture than that.</param>
public sealed record MemorizationScore(int Count, int TrainingCount, double MedianDrawn, double MedianReal, double Threshold,
    WilsonInterval Nearer)
{
    /// <summary>The share of real pictures that would be called near: the quantile of the threshold.</summary>
    public const double Chance = .05;

    /// <summary>The nearest drawings beside their training pictures; none by default.</summary>
    public IReadOnlyList<ContactCell> Cells { get; init; } = [];

    /// <summary>The file that shows them, or null.</summary>
    public string? Sheet { get; init; }

    /// <summary>Scores distances.</summary>
    /// <param name="drawn">Of drawings to their nearest training pictures.</param>
    /// <param name="real">Of true pictures to theirs.</param>
    /// <param name="trainingCount">Training pictures.</param>
    /// <exception cref="ArgumentException">There is nothing to score.</exception>
    public static MemorizationScore Of(IReadOnlyList<double> drawn, IReadOnlyList<double> real, int trainingCount)
    {
        if (drawn.Count == 0 || real.Count == 0)
            throw new ArgumentException("there is nothing to score", nameof(drawn));
        double threshold = real.Quantile(Chance);
        return new MemorizationScore(drawn.Count, trainingCount, drawn.Median(), real.Median(), threshold,
            WilsonInterval.Of(drawn.Count(distance => distance < threshold), drawn.Count));
    }

    /// <summary>The stable form <c>{n, trainingPictures, median: {drawn, real}, threshold, nearer: {value, low, high}, chance, sheet}</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["n"] = Count,
        ["trainingPictures"] = TrainingCount,
        ["median"] = new JsonObject { ["drawn"] = MedianDrawn, ["real"] = MedianReal },
        ["threshold"] = Threshold,
        ["nearer"] = Nearer.ToJson(),
        ["chance"] = Chance,
        ["sheet"] = Sheet,
    };
}
