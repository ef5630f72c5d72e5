using System.Text.Json.Nodes;

namespace Dalle2.Training.Scores;

/// <summary>What <c>eval</c> found on one split; the four tables have the same keys in the same order.</summary>
/// <param name="Split">The split the captions come from.</param>
/// <param name="Count">How many pictures were scored.</param>
/// <param name="Attributes">The share of pictures that show what the caption says, by attribute, with its 95 % interval.</param>
/// <param name="Chance">The share expected of pictures drawn at random.</param>
/// <param name="Ceiling">The share of real pictures that the score itself gets right; NaN when not measured.</param>
/// <param name="Shuffled">The share when each picture is held against the other captions; NaN when there is one picture.</param>
public sealed record EvaluationResult(
    string Split,
    int Count,
    IReadOnlyList<KeyValuePair<string, WilsonInterval>> Attributes,
    IReadOnlyList<KeyValuePair<string, double>> Chance,
    IReadOnlyList<KeyValuePair<string, double>> Ceiling,
    IReadOnlyList<KeyValuePair<string, double>> Shuffled)
{
    /// <summary>
    /// The stable form <c>{split, n, attributes: {NAME: {value, low, high}}, chance: {NAME: x}, ceiling: {NAME: x}, shuffled: {NAME: x}}</c>; NaN becomes null.
    /// </summary>
    public JsonObject ToJson() => new()
    {
        ["split"] = Split,
        ["n"] = Count,
        ["attributes"] = new JsonObject(Attributes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.ToJson()))),
        ["chance"] = Table(Chance),
        ["ceiling"] = Table(Ceiling),
        ["shuffled"] = Table(Shuffled),
    };

    static JsonObject Table(IEnumerable<KeyValuePair<string, double>> values) =>
        new(values.Select(pair => new KeyValuePair<string,
        JsonNode?>(pair.Key, double.IsNaN(pair.Value) ? null : JsonValue.Create(pair.Value))));
}
