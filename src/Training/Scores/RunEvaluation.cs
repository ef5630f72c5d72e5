using System.Text.Json.Nodes;
using Dalle2.Data.Sets;
using Dalle2.Training.Scores.Distances;

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
    /// <summary>What the contrastive stage reads in pictures, of sets whose captions are few enough to be compared one and all; else null.</summary>
    public ReadingScore? Reading { get; init; }

    /// <summary>Distances between the drawings and true pictures, by the features that they are measured with; empty where nothing was drawn.</summary>
    public IReadOnlyList<FeatureScore> Distances { get; init; } = [];

    /// <summary>Whether drawings are training pictures again; null where nothing was drawn, or the captions are of the training's split.</summary>
    public MemorizationScore? Memorization { get; init; }

    /// <summary>What of pictures lies in the components of their embeddings; null if it was not asked for.</summary>
    public ProbeScore? Probe { get; init; }

    /// <summary>Another run by the same captions; null if none was asked for.</summary>
    public RunEvaluation? Beside { get; init; }

    /// <summary>
    /// The stable form <c>{split, n, attributes: {NAME: {value, low, high}}, chance, ceiling, shuffled, choices, retrieval, reading, loss, distances, memorization, probe, run,
    /// runHash, seconds, device, beside}</c>; what was not measured is empty or null.
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
            ["textToImage"] = new JsonObject { ["recall@1"] = r.TextToImage1.ToJson(), ["recall@5"] = r.TextToImage5.ToJson() },
            ["imageToText"] = new JsonObject { ["recall@1"] = r.ImageToText1.ToJson(), ["recall@5"] = r.ImageToText5.ToJson() },
            ["chance"] = new JsonObject { ["recall@1"] = r.Chance1, ["recall@5"] = r.Chance5 },
        };
        json["reading"] = Reading?.ToJson();
        json["loss"] = Loss;
        json["distances"] = new JsonObject(Distances.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)one.ToJson())));
        json["memorization"] = Memorization?.ToJson();
        json["probe"] = Probe?.ToJson();
        json["run"] = Run;
        json["runHash"] = RunHash;
        json["seconds"] = Math.Round(Seconds, 3);
        json["device"] = Device;
        json["beside"] = Beside?.ToJson();
        return json;
    }
}
