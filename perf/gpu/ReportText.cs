using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Dalle2.Card;

/// <summary>The report as Markdown.</summary>
static class ReportText
{
    public static string Markdown(JsonObject document)
    {
        var text = new StringBuilder(
            $"# Measured on this machine\n\nMachine: {document["machine"]}. Date: {document["date"]} UTC. Command: `./run`.\n");
        if (document["awaits"] is { } awaits)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## What awaits a card\n\n{awaits["reason"]}\n\n");
            foreach (var (name, what) in awaits["parts"]!.AsObject())
                text.Append(CultureInfo.InvariantCulture, $"- {name}: {what}\n");
        }

        foreach (var (_, node) in document["sections"]!.AsObject())
        {
            JsonObject section = node!.AsObject();
            text.Append(CultureInfo.InvariantCulture, $"\n## {section["title"]}\n");
            if (section["reason"] is { } reason)
                text.Append(CultureInfo.InvariantCulture, $"\n{section["status"]}: {reason}\n");
            foreach (JsonNode? table in section["tables"]?.AsArray() ?? [])
                Append(text, table!.AsObject());
        }

        return text.ToString();
    }

    static void Append(StringBuilder text, JsonObject table)
    {
        JsonArray rows = table["rows"]!.AsArray();
        if (rows.Count == 0)
            return;
        if ((string?)table["title"] is { Length: > 0 } title)
            text.Append(CultureInfo.InvariantCulture, $"\n{title}\n");
        string[] columns = [.. table["columns"]!.AsArray().Select(Cell)];
        text.Append(CultureInfo.InvariantCulture,
            $"\n| {string.Join(" | ", columns)} |\n|{string.Concat(Enumerable.Repeat("-|", columns.Length))}\n");
        foreach (JsonNode? row in rows)
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row!.AsArray().Select(Cell))} |\n");
    }

    static string Cell(JsonNode? cell) => (cell?.ToString() ?? "").ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
