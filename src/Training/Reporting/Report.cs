using System.Globalization;
using System.Net;
using System.Text;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Reporting;

/// <summary>Writes <c>report.html</c>: one page that needs nothing else, light or dark as the reader's system asks.</summary>
public static class Report
{
    /// <summary>Writes the page, to a temporary name first.</summary>
    /// <exception cref="UserInputException">The file cannot be written; see <see cref="AtomicFile"/>.</exception>
    public static void Write(string path, ReportContent content) => AtomicFile.WriteText(path, Format(content));

    /// <summary>The page's text. The same content gives the same text.</summary>
    public static string Format(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
            + "content=\"width=device-width, initial-scale=1\">\n");
        page.Append($"<title>{Encode(content.Title)}</title>\n<style>\n{ReportStyle.Css}</style>\n</head>\n<body>\n<main>\n<h1>"
            + $"{Encode(content.Title)}</h1>\n");
        if (content.Summary.Length > 0)
            page.Append($"<p class=\"summary\">{Encode(content.Summary)}</p>\n");

        ReportScores.Append(page, content);
        foreach ((string heading, Image sheet) in content.Sheets)
            AppendSheet(page, heading, sheet);

        foreach ((string heading, IReadOnlyList<ContactCell> cells) in content.Samples)
            AppendSamples(page, heading, cells);

        if (content.Diagram.Length > 0)
            page.Append($"<section>\n<h2>The model</h2>\n{content.Diagram}</section>\n");
        AppendPairs(page, "Health of the stages", content.Health);
        AppendCurves(page, content);
        AppendPairs(page, "Configuration", content.Configuration);
        AppendPairs(page, "Environment", content.Environment);
        AppendPairs(page, "Training time", [.. content.SecondsByStage.Select(pair => KeyValuePair.Create(pair.Key, Duration(pair.Value)))]);
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    static void AppendSamples(StringBuilder page, string heading, IReadOnlyList<ContactCell> cells)
    {
        page.Append($"<section>\n<h2>{Encode(heading)}</h2>\n<div class=\"samples\">\n");
        foreach (ContactCell cell in cells)
        {
            page.Append("<figure><div class=\"pictures\">");
            foreach ((string label, Image picture) in cell.Pictures)
            {
                string png = Convert.ToBase64String(PictureEncoder.Png(picture));
                string alternative = label.Length > 0 ? $"{label}: {cell.Caption}" : cell.Caption;
                page.Append($"<div><img src=\"data:image/png;base64,{png}\" width=\"{picture.Width}\" height=\"{picture.Height}\" alt=\""
                    + $"{Encode(alternative)}\">");
                page.Append(label.Length > 0 ? $"<span>{Encode(label)}</span></div>" : "</div>");
            }

            page.Append($"</div><figcaption>{Encode(cell.Caption)}</figcaption></figure>\n");
        }

        page.Append("</div>\n</section>\n");
    }

    // A sheet has its captions drawn in, and is shown as wide as it is where the page allows.
    static void AppendSheet(StringBuilder page, string heading, Image sheet)
    {
        string png = Convert.ToBase64String(PictureEncoder.Png(sheet));
        page.Append($"<section>\n<h2>{Encode(heading)}</h2>\n<img class=\"sheet\" src=\"data:image/png;base64,{png}\" width=\""
            + $"{sheet.Width}\" height=\"{sheet.Height}\" alt=\"{Encode(heading)}\">\n</section>\n");
    }

    static void AppendCurves(StringBuilder page, ReportContent content)
    {
        foreach (IGrouping<string, LogEntry> stage in content.Log.GroupBy(entry => entry.Stage))
        {
            ChartSeries[] series = [.. content.Curves
                .Where(name => stage.Any(entry => entry.Find(name) is not null))
                .Select(name => new ChartSeries(name, [.. stage.Where(entry => entry.Find(name) is not null)
                .Select(entry => ((double)entry.Step, entry.Find(name)!.Value))]))];
            if (series.Length > 0)
            {
                page.Append($"<section>\n<h2>Training <small>{Encode(stage.Key)}</small></h2>\n"
                    + Chart.Draw($"{string.Join(", ", content.Curves)} of stage {stage.Key}", "step",
                        string.Join(", ", series.Select(one => one.Name)), series, SpansDecades(series))
                    + "\n</section>\n");
            }
        }
    }

    // A fall from 5 to 0.05 would be a flat line on a linear axis.
    static bool SpansDecades(ChartSeries[] series)
    {
        double[] values = [.. series.SelectMany(one => one.Points).Select(point => point.Y).Where(double.IsFinite)];
        return values.Length > 0 && values.Min() > 0 && values.Max() > 20 * values.Min();
    }

    static void AppendPairs(StringBuilder page, string heading, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0)
            return;

        page.Append($"<section>\n<h2>{heading}</h2>\n<dl>\n");
        foreach ((string name, string value) in pairs)
            page.Append($"<div><dt>{Encode(name)}</dt><dd>{Encode(value)}</dd></div>\n");

        page.Append("</dl>\n</section>\n");
    }

    internal static string Encode(string text) => WebUtility.HtmlEncode(text);

    static string Duration(double seconds)
    {
        long whole = (long)Math.Round(seconds);
        return seconds < 60 ? seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
            : whole < 3600 ? $"{whole / 60} min {whole % 60:00} s"
            : $"{whole / 3600} h {whole / 60 % 60:00} min";
    }
}
