using Dalle2.Data;
using Spectre.Console;

namespace Dalle2.Cli;

/// <summary>Results for a person: sentences and tables.</summary>
sealed class TerminalText(IAnsiConsole console, TextWriter output)
{
    public void Line(string text = "") => output.WriteLine(VisibleText.OfLines(text));

    /// <summary>A table; columns whose title begins with '&gt;' are set flush right.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(column.TrimStart('>'), new Style(decoration: Decoration.Bold)))
            {
                Alignment = right
                ? Justify.Right : Justify.Left
            });
        }

        foreach (IReadOnlyList<string> row in rows)
            table.AddRow(row.Select(Cell));
        console.Write(table);
    }

    static Text Cell(string text) => text switch
    {
        "yes" or "passed" => new Text(text, new Style(Color.Green)),
        "no" or "FAILED" => new Text(text, new Style(Color.Red)),
        _ => new Text(VisibleText.Of(text)),
    };
}
