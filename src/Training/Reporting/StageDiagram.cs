using System.Globalization;
using System.Net;
using System.Text;
using Dalle2.Training.Families;

namespace Dalle2.Training.Reporting;

/// <summary>
/// The picture of a model's parts, as SVG that needs nothing else, in a page or a file of its own, light or dark as the reader's system asks. Networks are boxes, what they take and give is text
/// between them; what only training needs is dashed.
/// </summary>
public static class StageDiagram
{
    const int BoxWidth = 128, BoxHeight = 46, TextWidth = 92, RowHeight = 104, Gap = 26, Margin = 14, Above = 34, LineHeight = 15;

    // No variables: not all that show SVG know them.
    const string Style = """
        .diagram { background: #ffffff; border-radius: 8px; }
        .diagram text { font: 13px system-ui, "Segoe UI", Roboto, sans-serif; fill: #22252c; text-anchor: middle; }
        .diagram .detail { font-size: 11px; fill: #6b7080; }
        .diagram rect { fill: #e8edf8; stroke: #2f66cf; }
        .diagram path { fill: none; stroke: #6b7080; stroke-width: 1.5; }
        .diagram .training { stroke-dasharray: 5 4; }
        .diagram .head { fill: #6b7080; stroke: none; }
        @media (prefers-color-scheme: dark) {
          .diagram { background: #1d2027; }
          .diagram text { fill: #e6e8ee; }
          .diagram .detail { fill: #9aa0b0; }
          .diagram rect { fill: #2a3142; stroke: #78a5ff; }
          .diagram path { stroke: #9aa0b0; }
          .diagram .head { fill: #9aa0b0; } }
        """;

    /// <summary>Draws it.</summary>
    /// <param name="name">The model's name, for readers that cannot see it.</param>
    /// <param name="diagram">What to draw.</param>
    /// <param name="standsAlone">Whether it is a file of its own, which has to name its format.</param>
    /// <returns>An svg element.</returns>
    public static string Draw(string name, ModelDiagram diagram, bool standsAlone = false)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        int columns = diagram.Parts.Max(part => part.Column) + 1, rows = diagram.Parts.Max(part => part.Row) + 1;
        int[] lefts = new int[columns + 1];
        lefts[0] = Margin;
        for (int column = 0; column < columns; column++)
        {
            lefts[column + 1] = lefts[column] + Gap
                + diagram.Parts.Where(part => part.Column == column).Max(part => part.IsNetwork ? BoxWidth : TextWidth);
        }

        // Arrows that skip columns go above the first row.
        bool skips = diagram.Arrows.Select(arrow => (From: Find(diagram, arrow.From), To: Find(diagram, arrow.To)))
            .Any(ends => ends.From.Row == 0 && Skips(ends.From, ends.To));
        int top = skips ? Above + BoxHeight / 2 : Margin + BoxHeight / 2;
        (int X, int Y) Center(DiagramPart part) => ((lefts[part.Column] + lefts[part.Column + 1] - Gap) / 2, top + part.Row * RowHeight);

        int width = lefts[columns] - Gap + Margin, height = top + (rows - 1) * RowHeight + BoxHeight / 2 + Margin;
        string description = $"The parts of {name}: {Describe(diagram)}";
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture, $"<svg class=\"diagram\"{(standsAlone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "")} "
            + $"viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Encode(description)}\">\n<style>\n{Style}\n</style>\n");
        foreach (DiagramArrow arrow in diagram.Arrows)
            AppendArrow(svg, Find(diagram, arrow.From), Find(diagram, arrow.To), Center, arrow.OnlyInTraining);
        foreach (DiagramPart part in diagram.Parts)
            AppendPart(svg, part, Center(part));
        return svg.Append("</svg>\n").ToString();
    }

    static void AppendPart(StringBuilder svg, DiagramPart part, (int X, int Y) center)
    {
        if (part.IsNetwork)
        {
            svg.Append(
                CultureInfo.InvariantCulture, $"<rect x=\"{center.X - BoxWidth / 2}\" y=\"{center.Y - BoxHeight / 2}\" "
                + $"width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"6\"/>\n");
        }

        string[] lines = [part.Title, .. part.Detail.Length > 0 ? [part.Detail] : Array.Empty<string>()];
        for (int i = 0; i < lines.Length; i++)
        {
            // The baseline is a third of a line below the middle.
            double y = center.Y + LineHeight * (i - (lines.Length - 1) / 2.0 + 1 / 3.0);
            svg.Append(
                CultureInfo.InvariantCulture, $"<text{(i > 0 ? " class=\"detail\"" : "")} x=\"{center.X}\" y=\"{y:0.#}\">"
                + $"{Encode(lines[i])}</text>\n");
        }
    }

    static void AppendArrow(StringBuilder svg, DiagramPart from, DiagramPart to, Func<DiagramPart, (int X, int Y)> center, bool training)
    {
        (int fromX, int fromY) = center(from);
        (int toX, int toY) = center(to);
        int halfHeight = BoxHeight / 2 + 2;
        string kind = training ? " class=\"training\"" : "";
        if (from.Column == to.Column)
        {
            Append($"<path{kind} d=\"M{fromX} {fromY + halfHeight}V{toY - halfHeight - (training ? 0 : 6)}\"/>\n");
            if (!training)
                Head(toX, toY - halfHeight, 0, 1);
            return;
        }

        int ahead = to.Column > from.Column ? 1 : -1, begin = fromX + ahead * HalfWidth(from), final = toX - ahead * HalfWidth(to);
        if (Skips(from, to))
        {
            int above = fromY - halfHeight - 16;
            Append($"<path{kind} d=\"M{fromX} {fromY - halfHeight}V{above}H{toX}V{toY - halfHeight - 6}\"/>\n");
            Head(toX, toY - halfHeight, 0, 1);
        }
        else if (from.Row == to.Row)
        {
            Append($"<path{kind} d=\"M{begin} {fromY}H{final - 6 * ahead}\"/>\n");
            Head(final, toY, ahead, 0);
        }
        else
        {
            int sign = to.Row > from.Row ? 1 : -1, end = toY - sign * halfHeight;
            Append($"<path{kind} d=\"M{begin} {fromY}H{toX}V{end - sign * 6}\"/>\n");
            Head(toX, end, 0, sign);
        }

        void Head(int x, int y, int dx, int dy)
        {
            int baseX = x - 8 * dx, baseY = y - 8 * dy;
            Append($"<path class=\"head\" d=\"M{x} {y}L{baseX - 4 * dy} {baseY - 4 * dx}L{baseX + 4 * dy} {baseY + 4 * dx}Z\"/>\n");
        }

        void Append(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));
    }

    // Texts end where their letters do, roughly.
    static int HalfWidth(DiagramPart part) =>
        part.IsNetwork ? BoxWidth / 2 : Math.Min(TextWidth, 7 * Math.Max(part.Title.Length, part.Detail.Length)) / 2 + 4;

    static bool Skips(DiagramPart from, DiagramPart to) => from.Row == to.Row && to.Column > from.Column + 1;

    static DiagramPart Find(ModelDiagram diagram, string id) => diagram.Parts.Single(part => part.Id == id);

    static string Describe(ModelDiagram diagram) => string.Join(", ", diagram.Arrows.Select(arrow => string.Create(
        CultureInfo.InvariantCulture, $"{Find(diagram, arrow.From).Title} to {Find(diagram, arrow.To).Title}")));

    static string Encode(string text) => WebUtility.HtmlEncode(text);
}
