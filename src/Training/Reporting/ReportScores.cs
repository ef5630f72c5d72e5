using System.Globalization;
using System.Text;
using Dalle2.Training.Scores;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Training.Reporting;

/// <summary>The sections of <see cref="Report"/> that have figures of evaluations.</summary>
static class ReportScores
{
    public static void Append(StringBuilder page, ReportContent content)
    {
        foreach (EvaluationResult evaluation in content.Evaluations)
            AppendEvaluation(page, evaluation);

        if (content.Beside.Count > 0)
            AppendBeside(page, content.BesideName, content.Beside);

        if (content.Distances.Count > 0)
            AppendDistances(page, content.Distances);

        if (content.Memorization is { } memorization)
            AppendMemorization(page, memorization);

        if (content.Probe is { } probe)
        {
            AppendTable(page, "What is in the components of an image embedding?", $"{probe.Count} pictures drawn again", probe.Columns,
                probe.Table,
                "The share of pictures that show what they showed, drawn from so many principal components of their embeddings.");
        }

        foreach ((string split, RetrievalScore score) in content.Retrievals)
            AppendRetrieval(page, split, score);

        foreach ((string split, ReadingScore score) in content.Readings)
            AppendReading(page, split, score);

        if (content.Choices.Count > 0)
            AppendChoices(page, content.Choices);
    }

    static void AppendEvaluation(StringBuilder page, EvaluationResult evaluation)
    {
        Begin(page, "Does it draw what was said?", $"{evaluation.Split}, {evaluation.Count} pictures");
        page.Append("<tr><th>attribute</th><th class=\"wide\"></th><th>right</th><th>95 % interval</th><th>chance</th><th>shuffled "
            + "captions</th><th>real pictures</th></tr>\n");
        for (int i = 0; i < evaluation.Attributes.Count; i++)
        {
            (string name, WilsonInterval share) = evaluation.Attributes[i];
            AppendShare(page, name, share, evaluation.Chance[i].Value);
            page.Append($"<td>{Share(evaluation.Shuffled[i].Value)}</td><td>{Share(evaluation.Ceiling[i].Value)}</td></tr>\n");
        }

        End(page, "The bar is the share of pictures that are right, the thin line its interval, the mark chance level. "
            + "\u201cShuffled captions\u201d holds each picture against other captions, \u201creal pictures\u201d is the score of the data "
            + "itself.");
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
        IReadOnlyList<(string Name, WilsonInterval Share, double Chance)> rows, string? below = null)
    {
        Begin(page, heading, note);
        page.Append($"<tr><th>{Encode(column)}</th><th class=\"wide\"></th><th>right</th><th>95 % interval</th><th>chance</th></tr>\n");
        foreach ((string name, WilsonInterval share, double chance) in rows)
        {
            AppendShare(page, name, share, chance);
            page.Append("</tr>\n");
        }

        End(page, below);
    }

    static void AppendShare(StringBuilder page, string name, WilsonInterval share, double chance)
    {
        page.Append($"<tr><th scope=\"row\">{Encode(name)}</th><td class=\"wide\"><div class=\"bar\"><div class=\"fill\" style=\"width:"
            + $"{Percent(share.Value)}\"></div>");
        page.Append($"<div class=\"interval\" style=\"left:{Percent(share.Low)};width:"
            + $"{Percent(share.High - share.Low)}\"></div><div class=\"chance\" style=\"left:{Percent(chance)}\"></div></div></td>");
        page.Append($"<td><b>{Share(share.Value)}</b></td><td>{Share(share.Low)} \u2013 {Share(share.High)}</td><td>{Share(chance)}</td>");
    }

    static void AppendReading(StringBuilder page, string split, ReadingScore score) =>
        AppendShares(page, "What is read in pictures?",
            $"{split}, {score.Count} pictures, each among all {score.CaptionCount} captions", "read",
            [.. score.Attributes.Select((attribute, i) => (attribute.Key, attribute.Value, score.Chance[i].Value))]);

    static void AppendDistances(StringBuilder page, IReadOnlyList<FeatureScore> distances) =>
        AppendTable(page, "How far are drawings from real pictures?", $"{distances[0].Drawn.Count} of each", FeatureScore.Columns,
            distances.SelectMany(one => one.Rows),
            "The less the nearer. \u201cDrawn\u201d holds the drawings against the true pictures of their captions, \u201ctrue and "
            + $"training\u201d these against {distances[0].Training.Count} of the training, the floor two samples of "
            + $"{distances[0].Floor.Count} training pictures against each other.");

    static void AppendMemorization(StringBuilder page, MemorizationScore score) =>
        AppendShares(page, "Are drawings training pictures again?", $"{score.Count} drawings, {score.TrainingCount} training pictures",
            "drawings", [("nearer to one than 95 % of the true pictures", score.Nearer, MemorizationScore.Chance)],
            $"Mean squared error to the nearest training picture, median: {EvaluationFigure.Show(score.MedianDrawn)} of drawings, "
            + $"{EvaluationFigure.Show(score.MedianReal)} of the true pictures of the same captions.");

    static void AppendBeside(StringBuilder page, string name, IReadOnlyList<(EvaluationFigure Own, EvaluationFigure Other)> figures) =>
        AppendTable(page, "Beside another run", name, ["figure", "this run", "95 % interval", "other", "95 % interval", "chance or floor"],
            figures.Select(pair => (string[])
            [
                pair.Own.Name, EvaluationFigure.Show(pair.Own.Value), pair.Own.Interval,
                EvaluationFigure.Show(pair.Other.Value), pair.Other.Interval, EvaluationFigure.Show(pair.Own.Reference),
            ]));

    // The first column names a row.
    static void AppendTable(StringBuilder page, string heading, string note, IReadOnlyList<string> columns, IEnumerable<string[]> rows,
        string? below = null)
    {
        Begin(page, heading, note);
        page.Append($"<tr>{string.Concat(columns.Select(column => $"<th>{Encode(column)}</th>"))}</tr>\n");
        foreach (string[] row in rows)
        {
            page.Append($"<tr><th scope=\"row\">{Encode(row[0])}</th>"
                + $"{string.Concat(row.Skip(1).Select(cell => $"<td>{Encode(cell)}</td>"))}</tr>\n");
        }

        End(page, below);
    }

    static void Begin(StringBuilder page, string heading, string note) =>
        page.Append($"<section>\n<h2>{Encode(heading)} <small>{Encode(note)}</small></h2>\n"
            + "<div class=\"scroll\"><table class=\"figures\">\n");

    static void End(StringBuilder page, string? below) =>
        page.Append($"</table></div>\n{(below == null ? "" : $"<p class=\"note\">{Encode(below)}</p>\n")}</section>\n");

    static string Encode(string text) => Report.Encode(text);

    static string Percent(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + "%";

    // A chance of one in 3,456 must not read as zero.
    static string Share(double share) =>
        double.IsNaN(share) ? "\u2013" : share.ToString(share is > 0 and < 0.0005 ? "0.#####" : "0.000", CultureInfo.InvariantCulture);
}
