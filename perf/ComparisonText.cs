using System.Globalization;
using System.Text;

namespace Dalle2.Perf;

/// <summary>A comparison for a person: tables, on the terminal and as Markdown.</summary>
static class ComparisonText
{
    /// <summary>The tables that are not empty. Columns whose title begins with '&gt;' are set flush right.</summary>
    public static IEnumerable<(string[] Columns, IReadOnlyList<string[]> Rows)> Tables(ComparisonResult result)
    {
        if (result.Steps.Count > 0)
        {
            yield return (["training step", ">threads", ">ours ms", ">theirs ms", ">ratio", ">ours MB", ">theirs MB", ">ours added",
                ">theirs added"],
                [.. result.Steps.Select(row => (string[])[row.Model, Show(row.Threads, "F0"), Show(row.Ours, "F1"),
                Show(row.Theirs, "F1"), Show(row.Ratio, "F2"),
                    Megabytes(row.OurPeak), Megabytes(row.TheirPeak), Megabytes(row.OurAdded), Megabytes(row.TheirAdded)])]);
        }

        if (result.Forecasts.Count > 0)
        {
            yield return (["forecast", ">threads", ">ours ms", ">theirs ms", ">ratio"],
                [.. result.Forecasts.Select(row => (string[])["convolutions of a diffusion U-Net", Show(row.Threads, "F0"),
                Show(row.Ours, "F1"), Show(row.Theirs, "F1"), Show(row.Ratio, "F2")])]);
            yield return (["convolution", ">times", "pass", ">threads", ">ours ms", ">theirs ms", ">ours GFLOP/s", ">theirs GFLOP/s",
                ">ratio"],
                [.. result.Forecasts.SelectMany(forecast => forecast.Passes)
                .Select(row => (string[])[row.Pass.Size, Show(row.Count, "F0"), .. Figures(row.Pass)])]);
        }

        if (result.Ops.Count > 0)
        {
            yield return (["op", "size", "pass", ">threads", ">ours ms", ">theirs ms", ">ours GFLOP/s", ">theirs GFLOP/s", ">ratio"],
                [.. result.Ops.Select(row => (string[])[row.Op, row.Size, .. Figures(row)])]);
        }
    }

    /// <summary>The whole result as a Markdown document.</summary>
    public static string Markdown(ResultHeader header, ComparisonResult result)
    {
        var text = new StringBuilder("# Against PyTorch\n\n");
        foreach (string line in header.Lines)
            text.Append(line).Append("\\\n");
        text.Append(CultureInfo.InvariantCulture,
            $"Ours: {result.Ours}. Theirs: {result.Theirs}. Times are medians; a ratio is theirs by ours, above 1 where ours is faster.\n");
        foreach (string note in result.Notes.Order(StringComparer.Ordinal))
            text.Append("\nNote: ").Append(note).Append(".\n");
        foreach (var (columns, rows) in Tables(result))
        {
            text.Append("\n| ").AppendJoin(" | ", columns.Select(column => column.TrimStart('>'))).Append(" |\n|")
                .AppendJoin('|', columns.Select(column => column.StartsWith('>') ? "-:" : "-")).Append("|\n");
            foreach (string[] row in rows)
                text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }

        return text.ToString();
    }

    static string[] Figures(ComparedPass row) =>
        [row.Pass, Show(row.Threads, "F0"), Show(row.Ours, "F3"), Show(row.Theirs, "F3"), Show(row.Flops / row.Ours / 1e6, "F1"),
        Show(row.Flops / row.Theirs / 1e6, "F1"), Show(row.Ratio, "F2")];

    static string Megabytes(long bytes) => Show(bytes / 1e6, "F0");

    static string Show(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
