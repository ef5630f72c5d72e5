using System.Text.RegularExpressions;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Training.Families;
using Dalle2.Training.Reporting;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class ReportTests
{
    static ReportContent Content()
    {
        var picture = new Image(3, 2);
        for (int i = 0; i < picture.Rgba.Length; i++)
            picture.Rgba[i] = i % 4 == 3 ? (byte)255 : (byte)(17 * i % 256);

        KeyValuePair<string, double>[] Table(double value) => [new("shape", value), new("all", value / 100)];
        return new ReportContent
        {
            Title = "classic <on> shapes",
            Diagram = StageDiagram.Draw("classic", ModelFamily.Default.Diagram(ModelFamily.Default.Preset("tiny"))!),
            Configuration = [new("preset", "small & quick")],
            Environment = [new("device", "cpu")],
            SecondsByStage = [new("image", 59.94), new("text", 61), new("decoder", 36_300)],
            Log = [.. Enumerable.Range(1, 5).Select(i => new LogEntry("image", i, [new("loss", 1.0 / i), new("rate", 7)])),
            new LogEntry("text", 1, [new("rate", 7)])],
            Evaluations =
            [
                new EvaluationResult("held-out", 200, [new("shape", WilsonInterval.Of(150, 200)), new("all", WilsonInterval.Of(0, 200))],
                Table(0.02893), Table(double.NaN), Table(0.126)),
            ],
            Retrievals = [new("held-out", RetrievalScore.Of([1, 0, 0, 1], ["a", "b"]))],
            Readings = [new("held-out", new ReadingScore(32, 3456, [new("shape", WilsonInterval.Of(31, 32))], [new("shape", .125)]))],
            Distances = [new("clip", "CLIP & co", new(32, 1.25, new(.002, .0005)), new(32, 4, new(.01, .02)),
                new(16, 3.5, new(double.NaN, double.NaN)))],
            Memorization = new MemorizationScore(32, 6000, .0125, .0375, .01, WilsonInterval.Of(8, 32)),
            BesideName = "runs/other",
            Beside = [(new("drawn: shape", .75, .5, .9, .125), new("drawn: shape", .8125, .6, .95, .125)),
                (new("loss", 1091.31, double.NaN, double.NaN, double.NaN),
                new("loss", double.NaN, double.NaN, double.NaN, double.NaN))],
            Choices = [new("tone", new EmojiScore(40, WilsonInterval.Of(30, 40), 0.2))],
            Sheets = [new("After stage 'image'", new Image(640, 20))],
            Samples = [new("Drawn", [new ContactCell("a \"red\" <star>", [("drawn", picture)])])],
        };
    }

    [Test]
    public void It_needs_nothing_from_elsewhere()
    {
        string html = Report.Format(Content());
        Assert.That(html, Does.Not.Contain("http").And.Not.Contain("<script").And.Not.Contain("<link").And.Not.Contain(
            "url(").And.Not.Contain("@import"));
        Assert.That(Regex.Matches(html, "src=\"([^\"]{0,22})").Select(match => match.Groups[1].Value),
            Is.All.EqualTo("data:image/png;base64,"));
        Assert.That(html, Does.Contain("prefers-color-scheme: dark"));
    }

    [Test]
    public void Its_pictures_are_the_ones_given()
    {
        Match match = Regex.Match(Report.Format(Content()),
            "base64,([^\"]+)\" width=\"3\" height=\"2\" alt=\"drawn: a &quot;red&quot; &lt;star&gt;\"");
        Assert.That(match.Success);
        Image picture = PictureDecoder.Decode(Convert.FromBase64String(match.Groups[1].Value));
        Assert.That(picture.Rgba, Is.EqualTo(Content().Samples[0].Value[0].Pictures[0].Picture.Rgba));
    }

    [Test]
    public void Figures_stand_in_the_tables()
    {
        string html = Report.Format(Content());
        Assert.That(html, Does.Contain("<b>0.750</b>").And.Contain("0.686 \u2013 0.805"), "150 of 200");
        Assert.That(html, Does.Contain("<td>0.00029</td>"), "a small chance is not shown as zero");
        Assert.That(html, Does.Contain("held-out, 200 pictures").And.Contain("held-out, 2 pairs").And.Contain("tone, 40 drawings"));
        Assert.That(html, Does.Contain("32 pictures, each among all 3456 captions").And.Contain("<b>0.969</b>"), "31 of 32");
        Assert.That(html, Does.Contain("<th scope=\"row\">CLIP &amp; co</th><td>FID</td><td>1.25</td><td>4</td><td>3.5</td>")
            .And.Contain("<td>2 &#177; 0.5</td><td>10 &#177; 20</td><td>- &#177; -</td>")
            .And.Contain("the floor two samples of 16"));
        Assert.That(html, Does.Contain("32 drawings, 6000 training pictures").And.Contain("0.0125 of drawings, 0.0375 of the true"));
        Assert.That(html, Does.Contain("<small>runs/other</small>").And.Contain(
            "drawn: shape</th><td>0.75</td><td>0.5 to 0.9</td><td>0.812</td><td>0.6 to 0.95</td><td>0.125</td>"));
        Assert.That(html, Does.Contain("loss</th><td>1091</td><td></td><td>-</td><td></td><td>-</td>"));
        Assert.That(html, Does.Contain("class=\"sheet\"").And.Contain("width=\"640\" height=\"20\""));
        Assert.That(html, Does.Not.Contain("NaN"));
        Assert.That(html, Does.Contain("<dd>59.9 s</dd>").And.Contain("<dd>1 min 01 s</dd>").And.Contain("<dd>10 h 05 min</dd>"));
    }

    [Test]
    public void Each_stage_with_a_loss_has_one_chart_and_text_is_escaped()
    {
        string html = Report.Format(Content());
        Assert.That(Regex.Count(html, "<svg class=\"chart\""), Is.EqualTo(1), "the text stage logged no loss");
        Assert.That(html, Does.Contain("<h1>classic &lt;on&gt; shapes</h1>").And.Contain("small &amp; quick"));
    }

    [Test]
    public void Empty_sections_are_left_out_and_the_text_is_the_same_each_time()
    {
        Assert.That(Report.Format(new ReportContent { Title = "x" }), Does.Not.Contain("<section"));
        string first = Report.Format(Content());
        Assert.That(Report.Format(Content()), Is.EqualTo(first));
    }

    [Test]
    public void It_is_written_to_its_file()
    {
        string folder = Directory.CreateTempSubdirectory("d2-report-").FullName;
        try
        {
            string path = Path.Combine(folder, "report.html");
            Report.Write(path, Content());
            Assert.That(File.ReadAllText(path), Is.EqualTo(Report.Format(Content())));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
