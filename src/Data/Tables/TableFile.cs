using Dalle2.Data.Text;

namespace Dalle2.Data.Tables;

/// <summary>Reads a table of any format.</summary>
static class TableFile
{
    static readonly IReadOnlyDictionary<string, Func<string, string, Table>> formats =
        new Dictionary<string, Func<string, string, Table>>(StringComparer.OrdinalIgnoreCase)
        {
            [".csv"] = (path, text) => SeparatedRows.Read(path, text, SeparatedRows.DelimiterOf(text)),
            [".tsv"] = (path, text) => SeparatedRows.Read(path, text, '\t'),
            [".jsonl"] = (_, text) => JsonLineRows.Read(text),
            [".ndjson"] = (_, text) => JsonLineRows.Read(text),
        };

    /// <summary>The endings of tables.</summary>
    public static IEnumerable<string> Endings => formats.Keys;

    /// <summary>Whether a name has the ending of a table.</summary>
    public static bool IsTableName(string name) => formats.ContainsKey(Path.GetExtension(name));

    /// <summary>Reads a file, whose ending says its format.</summary>
    /// <exception cref="UserInputException">It cannot be read, is no text, or has no rows.</exception>
    public static Table Read(string path)
    {
        string shown = VisibleText.Of(path);
        string? text;
        try
        {
            text = EncodedText.Decode(File.ReadAllBytes(path), out string fault)
                ?? throw new UserInputException($"'{shown}' {fault}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{shown}' cannot be read: {VisibleText.Of(e.Message)}", e);
        }

        Table table = formats[Path.GetExtension(path)](path, text);
        return table.Rows.Count > 0 ? table : throw new UserInputException($"'{shown}' has no rows.");
    }
}
