using System.Text.Json.Nodes;
using Dalle2.Data.Sets;

namespace Dalle2.Training.Scores;

/// <summary>What an evaluation of a run found.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="RunHash">The parameters that were used.</param>
/// <param name="Split">The split that captions and truth came from.</param>
/// <param name="Count">Pictures drawn.</param>
/// <param name="Attributes">Attribute by attribute, for sets whose pictures can be read back (shapes); else null.</param>
/// <param name="Choices">Tests by choice among real pictures, by name, for emoji.</param>
/// <param name="Retrieval">The contrastive stage's, if it was trained; else null.</param>
/// <param name="Loss">The bound on the negative log-likelihood (reconstruction + divergence) of the split's pictures, in nats per picture; null before the decoder's stage.</param>
/// <param name="Cells">Some of the drawings beside the truth.</param>
/// <param name="Seconds">Wall-clock seconds.</param>
/// <param name="Device">What it ran on, and its precision if that is not float32.</param>
public sealed record RunEvaluation(
    string Run,
    string RunHash,
    string Split,
    int Count,
    EvaluationResult? Attributes,
    IReadOnlyList<KeyValuePair<string, EmojiScore>> Choices,
    RetrievalScore? Retrieval,
    double? Loss,
    IReadOnlyList<ContactCell> Cells,
    double Seconds,
    string Device)
{
    /// <summary>
    /// The stable form <c>{split, n, attributes: {NAME: {value, low, high}}, chance, ceiling, shuffled, choices, retrieval, loss, run, runHash, seconds, device}</c>;
    /// what was not measured is empty or null.
    /// </summary>
    public JsonObject ToJson()
    {
        JsonObject json = Attributes?.ToJson() ?? new JsonObject
        {
            ["split"] = Split,
            ["n"] = Count,
            ["attributes"] = new JsonObject(),
            ["chance"] = new JsonObject(),
            ["ceiling"] = new JsonObject(),
            ["shuffled"] = new JsonObject(),
        };
        json["choices"] = new JsonObject(Choices.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)new JsonObject
        {
            ["n"] = c.Value.Count,
            ["value"] = c.Value.Right.Value,
            ["low"] = c.Value.Right.Low,
            ["high"] = c.Value.Right.High,
            ["chance"] = c.Value.Chance,
        })));
        json["retrieval"] = Retrieval is not { } r ? null : new JsonObject
        {
            ["n"] = r.Count,
            ["textToImage"] = new JsonObject { ["recall@1"] = Interval(r.TextToImage1), ["recall@5"] = Interval(r.TextToImage5) },
            ["imageToText"] = new JsonObject { ["recall@1"] = Interval(r.ImageToText1), ["recall@5"] = Interval(r.ImageToText5) },
            ["chance"] = new JsonObject { ["recall@1"] = r.Chance1, ["recall@5"] = r.Chance5 },
        };
        json["loss"] = Loss;
        json["run"] = Run;
        json["runHash"] = RunHash;
        json["seconds"] = Math.Round(Seconds, 3);
        json["device"] = Device;
        return json;
    }

    static JsonObject Interval(WilsonInterval interval) =>
        new() { ["value"] = interval.Value, ["low"] = interval.Low, ["high"] = interval.High };
}
