using System.Globalization;
using Dalle2.Training.Reporting;

namespace Dalle2.Perf;

/// <summary>Both measures of all axes as a picture of its own: a multiple of the first value along, a multiple of the first time or memory up, all logarithms of 2.</summary>
static class ScalePlot
{
    const string Style =
        "<style>.chart{font:12px "
        + "sans-serif;background:#fff}.grid{stroke:var(--line)}.axis{stroke:var(--faint)}.tick,.label{fill:var(--ink)}</style>";

    // Not every program that shows pictures knows variables.
    static readonly (string Variable, string Color)[] Colors =
    [
        ("ink", "#222"), ("faint", "#777"), ("line", "#ddd"),
        ("series-0", "#1f77b4"), ("series-1", "#d62728"), ("series-2", "#2ca02c"), ("series-3", "#9467bd"), ("series-4", "#ff7f0e"),
        ("series-5", "#17becf"),
    ];

    const string Along = "doublings of the extent; behind its name, the exponent that fits";

    const int Width = 720;
    const int Height = 280;

    /// <summary>The SVG document.</summary>
    public static string Draw(IReadOnlyList<ScaleSeries> series)
    {
        string time = Chart.Draw("time of a training step", Along, "doublings of the time",
            [.. series.Select(one => Line(one, one.TimeExponent, point => point.Milliseconds))]);
        string memory = Chart.Draw("memory of a training step", Along, "doublings of the memory",
            [.. series.Select(one => Line(one, one.MemoryExponent, point => point.Bytes))]);
        string plot = $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{2 * Height}\" viewBox=\"0 0 {Width} "
            + $"{2 * Height}\">{Style}\n<rect width=\"{Width}\" height=\"{2 * Height}\" fill=\"#fff\"/>\n"
            + $"{Place(time, 0)}\n{Place(memory, Height)}\n</svg>\n";
        return Colors.Aggregate(plot, (text, color) =>
            text.Replace($"var(--{color.Variable})", color.Color, StringComparison.Ordinal));
    }

    static ChartSeries Line(ScaleSeries series, double exponent, Func<ScalePoint, double> measure) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{series.Axis} {exponent:F2}"),
        [.. series.Points.Select(point => (Math.Log2((double)point.Value / series.Points[0].Value),
        Math.Log2(measure(point) / measure(series.Points[0]))))]);

    // An svg element within another one, at its place.
    static string Place(string svg, int y) => $"<svg y=\"{y}\" width=\"{Width}\" height=\"{Height}\"{svg["<svg".Length..]}";
}
