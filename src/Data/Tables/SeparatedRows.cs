using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Dalle2.Data.Tables;

/// <summary>Rows of values with a character between them, quoted as RFC 4180 has it, under a row of names.</summary>
static class SeparatedRows
{
    // What spreadsheets and known sets put between values.
    static readonly char[] delimiters = [',', ';', '\t', '|'];

    /// <summary>The delimiter that the first line has most of, outside of quotes; a comma where it has none.</summary>
    public static char DelimiterOf(string text)
    {
        var counts = new int[delimiters.Length];
        bool isQuoted = false;
        foreach (char c in text.AsSpan().TrimStart("\r\n"))
        {
            if (c is '\n' or '\r' && !isQuoted)
                break;
            isQuoted ^= c == '"';
            int index = isQuoted ? -1 : Array.IndexOf(delimiters, c);
            if (index >= 0)
                counts[index]++;
        }

        return delimiters[Array.IndexOf(counts, counts.Max())];
    }

    /// <summary>Reads a file's text.</summary>
    /// <exception cref="UserInputException">It is empty.</exception>
    public static Table Read(string path, string text, char delimiter)
    {
        using var parser = new CsvParser(new StringReader(text), new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter.ToString(),
            BadDataFound = null,
            IgnoreBlankLines = true,
        });
        if (!parser.Read())
            throw new UserInputException($"'{VisibleText.Of(path)}' is empty.");
        string[] columns = [.. parser.Record!.Select(name => name.Trim())];
        string record = parser.RawRecord;
        var rows = new List<TableRow>();
        while (parser.Read())
        {
            string[] values = parser.Record!;
            record = parser.RawRecord;
            int first = parser.RawRow - Breaks(record.AsSpan().TrimEnd("\r\n"));
            rows.Add(new TableRow(first, [.. values.Select(value => (string[]?)[value])], Fault(values, columns)));
        }

        bool isOpen = IsOpen(record, delimiter);
        if (rows.Count > 0 && isOpen)
        {
            rows[^1] = new TableRow(rows[^1].Line, [],
                "a quotation mark of it is never closed, so that everything from here to the end of the file is lost");
        }
        else if (isOpen)
        {
            throw new UserInputException($"'{VisibleText.Of(path)}' has a quotation mark in its first row that is never closed.");
        }

        return new Table(columns, rows);
    }

    static string? Fault(string[] values, string[] columns) => values.Length <= columns.Length
        ? null
        : $"it has {values.Length} values where the first row names {columns.Length}: "
            + "a value that contains the delimiter needs quotation marks";

    // Whether the last value begins with a mark that no other closes; one within a value is a part of it, and doubled where the value is quoted.
    static bool IsOpen(string record, char delimiter)
    {
        bool isQuoted = false;
        for (int i = 0; i < record.Length; i++)
        {
            if (isQuoted && record[i] == '"' && i + 1 < record.Length && record[i + 1] == '"')
                i++;
            else if (record[i] == '"' && (isQuoted || i == 0 || record[i - 1] == delimiter))
                isQuoted = !isQuoted;
        }

        return isQuoted;
    }

    static int Breaks(ReadOnlySpan<char> text)
    {
        int breaks = 0;
        for (int i = 0; i < text.Length; i++)
            breaks += text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')) ? 1 : 0;
        return breaks;
    }
}
