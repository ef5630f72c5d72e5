using System.Globalization;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Reporting;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class StageDiagramTests
{
    static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Test]
    public void Every_stage_of_a_model_is_in_its_picture([Values("classic", "unclip")] string name)
    {
        ModelFamily family = ModelFamily.Get(name);
        string text = Draw(family, name == "unclip" ? new UnclipConfig { Upsamplers = 2 } : family.Preset("tiny"));
        string words = string.Join(' ', XDocument.Parse(text).Descendants(Svg + "text").Select(element => element.Value));
        Assert.That(
            family.Stages.Select(stage => stage.Name), Is.All.Matches<string>(stage => words.Contains(stage!, StringComparison.Ordinal)));
    }

    [Test]
    public void No_box_lies_over_another([Values(0, 1, 2)] int upsamplers)
    {
        XDocument drawn = XDocument.Parse(Draw(ModelFamily.Get("unclip"), new UnclipConfig { Upsamplers = upsamplers }));
        double[] extent = [.. drawn.Root!.Attribute("viewBox")!.Value.Split(' ').Select(Number)];
        (double Left, double Top, double Width, double Height)[] boxes =
        [
            .. drawn.Descendants(Svg + "rect").Select(box => (Of(box, "x"), Of(box, "y"), Of(box, "width"), Of(box, "height"))),
        ];
        Assert.That(boxes, Has.Length.EqualTo(4 + upsamplers));
        for (int i = 0; i < boxes.Length; i++)
        {
            var own = boxes[i];
            Assert.That(own.Left >= 0 && own.Top >= 0 && own.Left + own.Width <= extent[2] && own.Top + own.Height <= extent[3]);
            Assert.That(boxes.Skip(i + 1), Has.None.Matches<(double Left, double Top, double Width, double Height)>(other =>
                other.Left < own.Left + own.Width && own.Left < other.Left + other.Width
                && other.Top < own.Top + own.Height && own.Top < other.Top + other.Height));
        }
    }

    [Test]
    public void The_picture_among_the_samples_is_what_is_drawn()
    {
        string path = Path.Combine(Root(), "data", "samples", "unclip-stages.svg");
        string drawn = Draw(ModelFamily.Get("unclip"), new UnclipConfig { ImageSide = 64, Upsamplers = 1 });
        if (Environment.GetEnvironmentVariable("D2_ACCEPT") == "1")
            File.WriteAllText(path, drawn);
        Assert.That(File.ReadAllText(path), Is.EqualTo(drawn), "D2_ACCEPT=1 writes it anew");
    }

    static string Draw(ModelFamily family, TrainingConfig config) =>
        StageDiagram.Draw(family.Name, family.Diagram(config)!, standsAlone: true);

    static double Of(XElement box, string name) => Number(box.Attribute(name)!.Value);

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
