using System.Text.Json.Nodes;

namespace Dalle2.Training.Scores.Distances;

/// <summary>Distances by one kind of features: of the drawings, and what real pictures among themselves have.</summary>
/// <param name="Name">The features.</param>
/// <param name="Description">The same in words.</param>
/// <param name="Drawn">Drawings and the true pictures of the same captions.</param>
/// <param name="Training">These true pictures and as many of the training's: how much the split differs from what was trained on.</param>
/// <param name="Floor">Two samples of the training pictures that have none in common: what is left between pictures of one kind. As many each, or half of them all.</param>
public sealed record FeatureScore(string Name, string Description, SetDistance Drawn, SetDistance Training, SetDistance Floor)
{
    /// <summary>The columns of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["features", "score", "drawn", "true and training", "floor"];

    /// <summary>The figures as rows of a table.</summary>
    public IEnumerable<string[]> Rows =>
    [
        [Description, "FID", .. Sets.Select(set => EvaluationFigure.Show(set.Frechet))],
        [Description, "KID x 1000", .. Sets.Select(set =>
            $"{EvaluationFigure.Show(1000 * set.Kernel.Value)} \u00b1 {EvaluationFigure.Show(1000 * set.Kernel.Error)}")],
    ];

    SetDistance[] Sets => [Drawn, Training, Floor];

    /// <summary>The stable form <c>{features, drawn: {n, fid, kid, kidError}, training: {...}, floor: {...}}</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["features"] = Description,
        ["drawn"] = Drawn.ToJson(),
        ["training"] = Training.ToJson(),
        ["floor"] = Floor.ToJson(),
    };
}
