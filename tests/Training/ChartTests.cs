using System.Globalization;
using System.Xml.Linq;
using Dalle2.Training.Reporting;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class ChartTests
{
    static XElement Draw(bool logarithmic, params ChartSeries[] series) =>
        XElement.Parse(Chart.Draw("a <title> & more", "step", "loss", series, logarithmic));

    static List<(double X, double Y)>[] Lines(XElement svg) => [.. svg.Elements("polyline").Select(line =>
        line.Attribute("points")!.Value.Split(' ').Select(pair => pair.Split(',')).Select(pair =>
            (double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture))).ToList())];

    // Where a tick's label stands, by its number.
    static Dictionary<double, double> Ticks(XElement svg, string anchor, string coordinate) => svg.Elements("text")
        .Where(text => text.Attribute("class")!.Value == "tick" && text.Attribute("text-anchor")!.Value == anchor)
        .ToDictionary(text => double.Parse(text.Value, CultureInfo.InvariantCulture),
        text => double.Parse(text.Attribute(coordinate)!.Value, CultureInfo.InvariantCulture));

    [Test]
    public void Points_stand_where_the_ticks_say()
    {
        XElement svg = Draw(false, new ChartSeries("loss", [(0, 1), (50, 3), (100, 2)]));
        Dictionary<double, double> x = Ticks(svg, "middle", "x"), y = Ticks(svg, "end", "y");
        Assert.That(x.Keys, Is.EquivalentTo(new[] { 0, 20, 40, 60, 80, 100 }));
        Assert.That(y.Keys, Is.EquivalentTo(new[] { 1, 1.5, 2, 2.5, 3 }));
        List<(double X, double Y)> line = Lines(svg).Single();
        Assert.That(line.Select(point => point.X), Is.EqualTo(new[] { x[0], (x[40] + x[60]) / 2, x[100] }).Within(0.02));

        // A label's base line is 4 below its grid line.
        Assert.That(line.Select(point => point.Y), Is.EqualTo(new[] { y[1] - 4, y[3] - 4, y[2] - 4 }).Within(0.02));
        Assert.That(y[3], Is.LessThan(y[1]), "larger values are higher up");
    }

    [Test]
    public void On_a_logarithmic_axis_equal_ratios_are_equal_distances()
    {
        XElement svg = Draw(true, new ChartSeries("loss", [(1, 100), (2, 10), (3, 1), (4, 0.01), (5, 0), (6, 1), (7, 1)]));
        List<(double X, double Y)>[] lines = Lines(svg);
        Assert.That(lines.Select(line => line.Count), Is.EqualTo(new[] { 4, 2 }), "zero interrupts the line");
        double decade = lines[0][1].Y - lines[0][0].Y;
        Assert.That(lines[0][2].Y - lines[0][1].Y, Is.EqualTo(decade).Within(0.02));
        Assert.That(lines[0][3].Y - lines[0][2].Y, Is.EqualTo(2 * decade).Within(0.02));
        Assert.That(Ticks(svg, "end", "y").Keys, Is.EquivalentTo(new[] { 100, 10, 1, 0.1, 0.01 }));
    }

    [Test]
    public void A_value_that_is_not_finite_interrupts_the_line_and_a_lone_point_is_a_dot()
    {
        XElement svg = Draw(false, new ChartSeries("loss",
            [(1, 1), (2, 2), (3, double.NaN), (4, 2), (5, double.PositiveInfinity), (6, 1), (7, 2)]));
        Assert.That(Lines(svg).Select(line => line.Count), Is.EqualTo(new[] { 2, 2 }));
        Assert.That(svg.Elements("circle").Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_long_line_is_thinned_out_but_keeps_its_spikes_and_ends()
    {
        (double X, double Y)[] points = [.. Enumerable.Range(0, 50_000)
            .Select(i => ((double)i, i == 31_234 ? 10.0 : i == 17 ? -10.0 : Math.Sin(i)))];
        List<(double X, double Y)> line = Lines(Draw(false, new ChartSeries("loss", points))).Single();
        List<(double X, double Y)> ends = Lines(Draw(false, new ChartSeries("loss", [(0, -10), (49_999, 10)]))).Single();
        Assert.That(line, Has.Count.LessThanOrEqualTo(600));
        Assert.That(line.Select(point => point.Y).Min(), Is.EqualTo(ends[1].Y));
        Assert.That(line.Select(point => point.Y).Max(), Is.EqualTo(ends[0].Y));
        Assert.That((line[0].X, line[^1].X), Is.EqualTo((ends[0].X, ends[1].X)));
        Assert.That(line.Select(point => point.X), Is.Ordered);
    }

    [Test]
    public void All_points_stay_inside_whatever_the_range()
    {
        foreach ((double low, double high) in new[] { (0.0, 0.0), (5, 5), (-3, -3), (1e-9, 2e-9), (-1e12, 1e12), (0.9999, 1.0001),
            (3, 3.1) })
        {
            foreach (bool logarithmic in new[] { false, true })
            {
                XElement svg = Draw(logarithmic, new ChartSeries("a", [(1, low), (2, high)]), new ChartSeries("b", [(1, high), (2, low)]));
                Assert.That(Lines(svg).SelectMany(line => line).Select(point => point.Y), Is.All.InRange(33.9, 236.1), $"{low}..{high}");
                Assert.That(svg.ToString(), Does.Not.Contain("NaN").And.Not.Contain("∞"));
            }
        }
    }

    [Test]
    public void Without_values_it_says_so_and_names_are_escaped()
    {
        Assert.That(Draw(false, new ChartSeries("loss", [])).Value, Does.Contain("no values yet"));
        Assert.That(Draw(false, new ChartSeries("a<b", [(1, 1), (2, 2)])).Value, Does.Contain("a<b"));
    }
}
