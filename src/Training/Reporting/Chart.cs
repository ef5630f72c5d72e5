using System.Globalization;
using System.Net;
using System.Text;

namespace Dalle2.Training.Reporting;

/// <summary>
/// Line charts as inline SVG. Colors come from the page: the CSS variables <c>--ink</c>, <c>--faint</c>, <c>--line</c> and <c>--series-0</c> to <c>--series-5</c>.
/// </summary>
public static class Chart
{
    /// <summary>How many colors the page gives; a further series begins again with the first.</summary>
    public const int SeriesColors = 6;

    const int Width = 720;
    const int Height = 280;
    const int Left = 64;
    const int Right = 16;
    const int Top = 34;
    const int Bottom = 44;
    const int MostPoints = 600;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">What it shows, for readers that cannot see it.</param>
    /// <param name="xLabel">The horizontal axis.</param>
    /// <param name="yLabel">The vertical axis.</param>
    /// <param name="series">The lines; long ones are thinned out to the least and the greatest value of each stretch.</param>
    /// <param name="logarithmic">True for a logarithmic vertical axis; values of 0 and less then interrupt the line.</param>
    /// <returns>An svg element; it says so when there is no point to show.</returns>
    public static string Draw(string title, string xLabel, string yLabel, IReadOnlyList<ChartSeries> series, bool logarithmic = false)
    {
        ArgumentNullException.ThrowIfNull(series);
        var svg = new StringBuilder();
        svg.Append($"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">\n");
        bool Shown((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y) && (!logarithmic || point.Y > 0);
        (double X, double Y)[] all = [.. series.SelectMany(one => one.Points).Where(Shown)];
        if (all.Length == 0)
        {
            return svg.Append(
                $"<text x=\"{Width / 2}\" y=\"{Height / 2}\" class=\"tick\" text-anchor=\"middle\">no values yet</text>\n</svg>")
                .ToString();
        }

        var across = ChartAxis.Linear(all.Min(point => point.X), all.Max(point => point.X), tight: true);
        ChartAxis up = logarithmic
            ? ChartAxis.Logarithmic(all.Min(point => point.Y), all.Max(point => point.Y))
            : ChartAxis.Linear(all.Min(point => point.Y), all.Max(point => point.Y), tight: false);
        double X(double value) => Left + across.Share(value) * (Width - Left - Right);
        double Y(double value) => Height - Bottom - up.Share(value) * (Height - Top - Bottom);

        foreach (double tick in up.Ticks)
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Text(Y(tick))}\" y2=\"{Text(Y(tick))}\"/>");
            svg.Append($"<text class=\"tick\" x=\"{Left - 8}\" y=\"{Text(Y(tick) + 4)}\" text-anchor=\"end\">{Label(tick)}</text>\n");
        }

        foreach (double tick in across.Ticks)
        {
            svg.Append($"<line class=\"axis\" x1=\"{Text(X(tick))}\" x2=\"{Text(X(tick))}\" y1=\"{Height - Bottom}\" y2=\""
                + $"{Height - Bottom + 4}\"/>");
            svg.Append(
                $"<text class=\"tick\" x=\"{Text(X(tick))}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Label(tick)}</text>\n");
        }

        svg.Append($"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>\n");
        svg.Append($"<text class=\"label\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\">"
            + $"{WebUtility.HtmlEncode(xLabel)}</text>");
        svg.Append($"<text class=\"label\" x=\"14\" y=\"{(Top + Height - Bottom) / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 14 "
            + $"{(Top + Height - Bottom) / 2})\">{WebUtility.HtmlEncode(yLabel)}</text>\n");
        int legend = Left;
        for (int i = 0; i < series.Count; i++)
        {
            string color = $"var(--series-{i % SeriesColors})";
            AppendLine(svg, series[i], Shown, X, Y, color);
            svg.Append($"<line x1=\"{legend}\" x2=\"{legend + 18}\" y1=\"14\" y2=\"14\" stroke=\"{color}\" stroke-width=\"3\"/>");
            svg.Append($"<text class=\"label\" x=\"{legend + 24}\" y=\"18\">{WebUtility.HtmlEncode(series[i].Name)}</text>\n");
            legend += 44 + 8 * series[i].Name.Length;
        }

        return svg.Append("</svg>").ToString();
    }

    static void AppendLine(StringBuilder svg, ChartSeries series, Func<(double X, double Y), bool> shown, Func<double, double> x,
        Func<double, double> y, string color)
    {
        foreach (List<(double X, double Y)> stretch in Stretches(series.Points, shown))
        {
            List<(double X, double Y)> points = Thin(stretch);
            svg.Append(points.Count == 1
                ? $"<circle cx=\"{Text(x(points[0].X))}\" cy=\"{Text(y(points[0].Y))}\" r=\"2.5\" fill=\"{color}\"/>\n"
                : $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\" stroke-linejoin=\"round\" points=\""
                + $"{string.Join(' ', points.Select(point => $"{Text(x(point.X))},{Text(y(point.Y))}"))}\"/>\n");
        }
    }

    static IEnumerable<List<(double X, double Y)>> Stretches(IReadOnlyList<(double X, double Y)> points, Func<(double X, double Y),
        bool> shown)
    {
        var stretch = new List<(double X, double Y)>();
        foreach ((double X, double Y) point in points)
        {
            if (shown(point))
            {
                stretch.Add(point);
            }
            else if (stretch.Count > 0)
            {
                yield return stretch;
                stretch = [];
            }
        }

        if (stretch.Count > 0)
            yield return stretch;
    }

    // Means would hide spikes, and every n-th point would hide most of them.
    static List<(double X, double Y)> Thin(List<(double X, double Y)> points)
    {
        if (points.Count <= MostPoints)
            return points;

        var kept = new List<(double X, double Y)> { points[0] };
        int buckets = MostPoints / 2 - 1;
        for (int i = 0; i < buckets; i++)
        {
            int from = 1 + (int)((long)i * (points.Count - 2) / buckets), to = 1 + (int)((long)(i + 1) * (points.Count - 2) / buckets);
            (double X, double Y) least = points[from], greatest = points[from];
            for (int j = from + 1; j < to; j++)
            {
                least = points[j].Y < least.Y ? points[j] : least;
                greatest = points[j].Y > greatest.Y ? points[j] : greatest;
            }

            kept.Add(least.X <= greatest.X ? least : greatest);
            kept.Add(least.X <= greatest.X ? greatest : least);
        }

        kept.Add(points[^1]);
        return kept;
    }

    static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    static string Label(double value) => Math.Abs(value) is >= 1e6 or (> 0 and < 1e-4)
        ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
        : value.ToString("0.######", CultureInfo.InvariantCulture);
}
