using System.Globalization;
using System.Net;
using System.Text;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;

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

        foreach (EvaluationResult evaluation in content.Evaluations)
            AppendEvaluation(page, evaluation);

        foreach ((string split, RetrievalScore score) in content.Retrievals)
            AppendRetrieval(page, split, score);

        if (content.Choices.Count > 0)
            AppendChoices(page, content.Choices);

        foreach ((string heading, Image sheet) in content.Sheets)
            AppendSheet(page, heading, sheet);

        foreach ((string heading, IReadOnlyList<ContactCell> cells) in content.Samples)
            AppendSamples(page, heading, cells);

        AppendPairs(page, "Health of the stages", content.Health);
        AppendCurves(page, content);
        AppendPairs(page, "Configuration", content.Configuration);
        AppendPairs(page, "Environment", content.Environment);
        AppendPairs(page, "Training time", [.. content.SecondsByStage.Select(pair => KeyValuePair.Create(pair.Key, Duration(pair.Value)))]);
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    static void AppendEvaluation(StringBuilder page, EvaluationResult evaluation)
    {
        page.Append($"<section>\n<h2>Does it draw what was said? <small>{Encode(evaluation.Split)}, "
            + $"{evaluation.Count} pictures</small></h2>\n<div class=\"scroll\"><table class=\"figures\">\n");
        page.Append("<tr><th>attribute</th><th class=\"wide\"></th><th>right</th><th>95 % interval</th><th>chance</th><th>shuffled "
            + "captions</th><th>real pictures</th></tr>\n");
        for (int i = 0; i < evaluation.Attributes.Count; i++)
        {
            (string name, WilsonInterval share) = evaluation.Attributes[i];
            AppendShare(page, name, share, evaluation.Chance[i].Value);
            page.Append($"<td>{Share(evaluation.Shuffled[i].Value)}</td><td>{Share(evaluation.Ceiling[i].Value)}</td></tr>\n");
        }

        page.Append("</table></div>\n<p class=\"note\">The bar is the share of pictures that are right, the thin line its interval, the "
            + "mark chance level. "
            + "\u201cShuffled captions\u201d holds each picture against other captions, \u201creal pictures\u201d is the score of the data "
            + "itself.</p>\n</section>\n");
    }

    static void AppendRetrieval(StringBuilder page, string split, RetrievalScore score) =>
        AppendShares(page, "Do captions and pictures find each other?", $"{split}, {score.Count} pairs", "recall",
        [
            ("caption to picture, first", score.TextToImage1, score.Chance1),
            ("caption to picture, first five", score.TextToImage5, score.Chance5),
            ("picture to caption, first", score.ImageToText1, score.Chance1),
            ("picture to caption, first five", score.ImageToText5, score.Chance5),
        ]);

    static void AppendChoices(StringBuilder page, IReadOnlyList<KeyValuePair<string, EmojiScore>> choices) =>
        AppendShares(page, "Is the true picture the nearest?", "by squared distance, among others of its kind", "choice",
            [.. choices.Select(choice => ($"{choice.Key}, {choice.Value.Count} drawings", choice.Value.Right, choice.Value.Chance))]);

    static void AppendShares(StringBuilder page, string heading, string note, string column,
        IReadOnlyList<(string Name, WilsonInterval Share, double Chance)> rows)
    {
        page.Append(
            $"<section>\n<h2>{Encode(heading)} <small>{Encode(note)}</small></h2>\n<div class=\"scroll\"><table class=\"figures\">\n");
        page.Append($"<tr><th>{Encode(column)}</th><th class=\"wide\"></th><th>right</th><th>95 % interval</th><th>chance</th></tr>\n");
        foreach ((string name, WilsonInterval share, double chance) in rows)
        {
            AppendShare(page, name, share, chance);
            page.Append("</tr>\n");
        }

        page.Append("</table></div>\n</section>\n");
    }

    static void AppendShare(StringBuilder page, string name, WilsonInterval share, double chance)
    {
        page.Append($"<tr><th scope=\"row\">{Encode(name)}</th><td class=\"wide\"><div class=\"bar\"><div class=\"fill\" style=\"width:"
            + $"{Percent(share.Value)}\"></div>");
        page.Append($"<div class=\"interval\" style=\"left:{Percent(share.Low)};width:"
            + $"{Percent(share.High - share.Low)}\"></div><div class=\"chance\" style=\"left:{Percent(chance)}\"></div></div></td>");
        page.Append($"<td><b>{Share(share.Value)}</b></td><td>{Share(share.Low)} \u2013 {Share(share.High)}</td><td>{Share(chance)}</td>");
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

    static string Encode(string text) => WebUtility.HtmlEncode(text);

    static string Percent(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + "%";

    // A chance of one in 3,456 must not read as zero.
    static string Share(double share) =>
        double.IsNaN(share) ? "\u2013" : share.ToString(share is > 0 and < 0.0005 ? "0.#####" : "0.000", CultureInfo.InvariantCulture);

    static string Duration(double seconds)
    {
        long whole = (long)Math.Round(seconds);
        return seconds < 60 ? seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
            : whole < 3600 ? $"{whole / 60} min {whole % 60:00} s"
            : $"{whole / 3600} h {whole / 60 % 60:00} min";
    }
}
