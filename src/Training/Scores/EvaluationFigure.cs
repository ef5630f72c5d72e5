using System.Globalization;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Training.Scores;

/// <summary>One figure of an evaluation, for tables in which runs stand beside each other.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">The lower bound of its 95 % interval; NaN where there is none.</param>
/// <param name="High">The upper bound.</param>
/// <param name="Reference">Chance, or what real pictures have among themselves; NaN where there is none.</param>
public sealed record EvaluationFigure(string Name, double Value, double Low, double High, double Reference)
{
    const double TwoSided = 1.96;

    /// <summary>The interval in words; nothing where there is none.</summary>
    public string Interval => double.IsNaN(Low) ? "" : $"{Show(Low)} to {Show(High)}";

    /// <summary>A figure with three digits; <c>-</c> for what was not measured.</summary>
    public static string Show(double value) => double.IsNaN(value) ? "-"
        : value.ToString(Math.Abs(value) >= 100 ? "F0" : "G3", CultureInfo.InvariantCulture);

    /// <summary>All figures of an evaluation.</summary>
    public static IEnumerable<EvaluationFigure> Of(RunEvaluation evaluation)
    {
        if (evaluation.Attributes is { } attributes)
        {
            for (int i = 0; i < attributes.Attributes.Count; i++)
                yield return Of($"drawn: {attributes.Attributes[i].Key}", attributes.Attributes[i].Value, attributes.Chance[i].Value);
        }

        foreach (var (name, choice) in evaluation.Choices)
            yield return Of($"nearest to the true picture: {name}", choice.Right, choice.Chance);
        foreach (FeatureScore one in evaluation.Distances)
        {
            yield return new($"FID: {one.Name}", one.Drawn.Frechet, double.NaN, double.NaN, one.Floor.Frechet);
            double value = 1000 * one.Drawn.Kernel.Value, error = 1000 * TwoSided * one.Drawn.Kernel.Error;
            yield return new($"KID x 1000: {one.Name}", value, value - error, value + error, 1000 * one.Floor.Kernel.Value);
        }

        if (evaluation.Memorization is { } memorization)
            yield return Of("nearer to the training than real", memorization.Nearer, MemorizationScore.Chance);
        if (evaluation.Retrieval is { } retrieval)
        {
            yield return Of("caption to picture, first", retrieval.TextToImage1, retrieval.Chance1);
            yield return Of("picture to caption, first", retrieval.ImageToText1, retrieval.Chance1);
        }

        if (evaluation.Reading is { } reading)
        {
            for (int i = 0; i < reading.Attributes.Count; i++)
                yield return Of($"read: {reading.Attributes[i].Key}", reading.Attributes[i].Value, reading.Chance[i].Value);
        }

        if (evaluation.Loss is { } loss)
            yield return new("loss", loss, double.NaN, double.NaN, double.NaN);
    }

    /// <summary>The figures of an evaluation and of the run beside it, pair by pair; one that a run lacks is NaN. Nothing where there is no such run.</summary>
    public static IReadOnlyList<(EvaluationFigure Own, EvaluationFigure Other)> Pairs(RunEvaluation evaluation)
    {
        if (evaluation.Beside is null)
            return [];
        Dictionary<string, EvaluationFigure> own = Of(evaluation).ToDictionary(figure => figure.Name),
            others = Of(evaluation.Beside).ToDictionary(figure => figure.Name);
        return
        [
            .. own.Keys.Union(others.Keys).Select(name => (
                own.GetValueOrDefault(name) ?? others[name].Without(), others.GetValueOrDefault(name) ?? own[name].Without())),
        ];
    }

    EvaluationFigure Without() => this with { Value = double.NaN, Low = double.NaN, High = double.NaN };

    static EvaluationFigure Of(string name, WilsonInterval share, double chance) => new(name, share.Value, share.Low, share.High, chance);
}
