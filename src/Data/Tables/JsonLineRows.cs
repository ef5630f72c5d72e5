using System.Text.Json;
using Dalle2.Data.Text;

namespace Dalle2.Data.Tables;

/// <summary>Rows of JSON objects, one a line; a property is a column.</summary>
static class JsonLineRows
{
    /// <summary>Reads a file's text; a line that is no object is a broken row.</summary>
    public static Table Read(string text) =>
        Of(EncodedText.Lines(text).Select((line, i) => (i + 1, line)).Where(line => line.line.AsSpan().Trim().Length > 0));

    /// <summary>Reads one object, of any number of lines.</summary>
    public static Table ReadOne(string text) => Of([(1, text)]);

    static Table Of(IEnumerable<(int Number, string Text)> objects)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        TableRow[] rows = [.. objects.Select(one => ReadLine(one.Number, one.Text, columns))];
        return new Table([.. columns.OrderBy(column => column.Value).Select(column => column.Key)], rows);
    }

    static TableRow ReadLine(int number, string line, Dictionary<string, int> columns)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return new TableRow(number, [], "it is no JSON object");
            var cells = new List<string[]?>();
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (!columns.TryGetValue(property.Name, out int column))
                    columns.Add(property.Name, column = columns.Count);
                while (cells.Count <= column)
                    cells.Add(null);
                cells[column] = Texts(property.Value);
            }

            return new TableRow(number, cells);
        }
        catch (JsonException e)
        {
            string reason = e.Message.Split(" LineNumber:", 2)[0].Replace(" Change the reader options.", "", StringComparison.Ordinal);
            return new TableRow(number, [], $"it is no valid JSON: byte {e.BytePositionInLine + 1}: {VisibleText.Of(reason)}");
        }
        catch (InvalidOperationException)
        {
            return new TableRow(number, [], "it has half a character in a text");
        }
    }

    // Texts and lists of texts, which is how several captions of a picture are written; anything else is none.
    static string[]? Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array when value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(one => one.GetString()!)],
        _ => null,
    };
}
