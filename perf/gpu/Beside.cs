using System.Globalization;
using System.Text.Json.Nodes;

namespace Dalle2.Card;

/// <summary>Our times beside PyTorch's, from the parts of the report that have them: theirs by ours, of the same size, pass and precision.</summary>
static class Beside
{
    public const string Name = "beside", Title = "Beside PyTorch with cuBLAS and cuDNN";

    /// <summary>A part of the report.</summary>
    /// <param name="sections">The parts so far.</param>
    public static JsonObject Of(JsonObject sections)
    {
        if (Lacking(sections, "pytorch") is { } reason)
            return Section.NotMeasured($"PyTorch's times are missing: {reason}");
        JsonNode theirs = sections["pytorch"]!["tables"]!;
        var tables = new List<JsonObject>();
        if (Lacking(sections, "ops") == null)
        {
            tables.Add(Section.Table(
                "Theirs by ours: above 1, ours is faster. What cuBLAS and cuDNN multiply is the share of their speed that is reached.",
                ["op", "pass", "size", .. OpSections.Columns[3..].Select(Ratio)],
                Joined(sections["ops"]!["tables"]![0]!, theirs[0]!, 3, OpSections.Columns.Length - 3)));
        }

        if (Lacking(sections, "steps") == null && (sections["steps"]!["tables"] as JsonArray)!.Count > 1)
        {
            tables.Add(Section.Table("The autoencoder's step, theirs by ours replayed: eager, then compiled.",
                ["side", .. StepSection.PeerColumns.Select(Ratio),
                .. StepSection.PeerColumns.Select(column => "compiled " + Ratio(column))],
                Steps(sections["steps"]!["tables"]![1]!, theirs[1]!)));
        }

        return tables.Count > 0 ? Section.Measured([.. tables]) : Section.NotMeasured("our own times are missing, see above");
    }

    static string? Lacking(JsonObject sections, string name) =>
        (string?)sections[name]?["status"] == "measured" ? null : (string?)sections[name]?["reason"] ?? $"the part '{name}' has not run";

    static string Ratio(string column) => column.Replace(" ms", "", StringComparison.Ordinal);

    // Rows of both tables with the same first cells; of the others, the times that both have.
    static IEnumerable<JsonNode?[]> Joined(JsonNode ours, JsonNode theirs, int keys, int times)
    {
        Dictionary<string, JsonArray> known = theirs["rows"]!.AsArray().Select(row => row!.AsArray()).DistinctBy(row => Key(row, keys))
            .ToDictionary(row => Key(row, keys));
        foreach (JsonArray row in ours["rows"]!.AsArray().Select(row => row!.AsArray()))
        {
            if (known.TryGetValue(Key(row, keys), out JsonArray? other))
            {
                yield return [.. row.Take(keys).Select(cell => cell?.DeepClone()),
                    .. Enumerable.Range(keys, times).Select(place => Divide(other[place], row[place]))];
            }
        }
    }

    // Ours: side, precision, ms launched, ms replayed, ...; theirs: side, a time for each precision, and as many again compiled.
    static IEnumerable<JsonNode?[]> Steps(JsonNode ours, JsonNode theirs)
    {
        foreach (JsonArray row in theirs["rows"]!.AsArray().Select(row => row!.AsArray()))
        {
            JsonArray[] same = [.. ours["rows"]!.AsArray().Select(one => one!.AsArray()).Where(one => Text(one[1]) == Text(row[0]))];
            JsonNode? Of(int place) =>
                Divide(row[place + 1], same.FirstOrDefault(one => Text(one[2])
                == Ratio(StepSection.PeerColumns[place % StepSection.PeerColumns.Length]))?[4]);
            yield return [row[0]?.DeepClone(), .. Enumerable.Range(0, 2 * StepSection.PeerColumns.Length).Select(Of)];
        }
    }

    static JsonNode? Divide(JsonNode? theirs, JsonNode? ours) =>
        double.TryParse(Text(theirs), CultureInfo.InvariantCulture, out double dividend)
        && double.TryParse(Text(ours), CultureInfo.InvariantCulture, out double divisor)
        && divisor > 0 ? Math.Round(dividend / divisor, 2) : null;

    static string Key(JsonArray row, int keys) => string.Join('|', row.Take(keys).Select(Text));

    static string Text(JsonNode? cell) => cell?.ToString() ?? "";
}
