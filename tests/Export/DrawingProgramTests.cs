using Dalle2.Data.Pictures;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Data;
using Dalle2.Training.Drawing;

namespace Dalle2.Tests.Export;

/// <summary>The program that is written beside ONNX models draws by ONNX Runtime what a run draws here.</summary>
public class DrawingProgramTests
{
    static readonly string[] Prompts = ["a small red circle", "a large blue star at the top left on a navy background"];

    [TestCase(ExportedRuns.Classic, "")]
    [TestCase(ExportedRuns.Classic, "temperature=0.5")]
    [TestCase(ExportedRuns.ClassicGru, "temperature=2")]
    [TestCase(ExportedRuns.Unclip, "steps=4 prior-steps=3 upsampler-steps=3")]
    [TestCase(ExportedRuns.Unclip, "steps=3 guidance=1 prior-steps=3 prior-guidance=2 upsampler-steps=1")]
    [TestCase(ExportedRuns.Transformer, "steps=2 guidance=4 prior-guidance=3")]
    [TestCase(ExportedRuns.Codes, "steps=2 prior-guidance=2 prior-temperature=0.7")]
    [TestCase(ExportedRuns.Codes, "steps=2 prior-temperature=0")]
    public void It_draws_the_pictures_of_generate(string name, string options)
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(name);
        Dictionary<string, string> given = options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        using Device device = Device.Open("cpu", 1);
        using PictureGenerator generator = PictureGenerator.Open(run.Path, device);
        SamplerSettings settings = SamplerSettings.Of(generator.Family, given);
        using Drawer drawer = Drawer.Open(run.Onnx, given);
        float[][] drawn =
        [
            .. Prompts.Select((prompt, i) => drawer.Draw(drawer.Captions.Read(prompt, TextWriter.Null), (1UL << 40) + 7, (ulong)(3 + i))),
        ];
        IReadOnlyList<float[]> expected = generator.Draw(Prompts, (1UL << 40) + 7, firstNumber: 3, settings);
        for (int i = 0; i < Prompts.Length; i++)
        {
            Assert.That(drawn[i], Is.EqualTo(expected[i]).Within(1e-3f));
            Assert.That(drawn[i].Max() - drawn[i].Min(), Is.GreaterThan(.05f), "there is something to be seen");
        }

        Assert.That(drawn[0], Is.Not.EqualTo(drawn[1]).Within(1e-2f));
    }

    [Test]
    public void It_writes_pictures_and_says_what_it_does_not_understand()
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(ExportedRuns.Classic);
        using var folder = new TemporaryFolder();
        using StringWriter output = new(), error = new();
        string file = folder["two.png"];
        Assert.That(DrawingProgram.Run(
            ["A Small  rde circle!", "--models", run.Onnx, "--count", "2", "--seed", "5", "--out", file], output, error), Is.Zero);
        Assert.That(output.ToString().Split(Environment.NewLine), Is.EqualTo(new[] { folder["two-1.png"], folder["two-2.png"], "" }));
        Assert.That(error.ToString(), Does.Contain("'rde', '!'"));
        using Device device = Device.Open("cpu", 1);
        using PictureGenerator generator = PictureGenerator.Open(run.Path, device);
        float[] expected = generator.Draw(["a small rde circle!"], 5, firstNumber: 1)[0];
        byte[] seen = PictureDecoder.Decode(folder["two-2.png"]).Rgba,
            own = ImageTransform.FromFloats(expected, generator.Config.ImageSide, generator.Config.ImageSide).Rgba;
        Assert.That(seen.Select(value => (int)value), Is.EqualTo(own.Select(value => (int)value)).Within(1));
    }

    [Test]
    public void Wrong_usage_is_told()
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(ExportedRuns.Classic);
        Assert.That(() => Run(), Throws.ArgumentException.With.Message.Contains("no prompt"));
        Assert.That(() => Run("a star", "a circle"), Throws.ArgumentException.With.Message.Contains("second prompt"));
        Assert.That(() => Run("a star", "--seed"), Throws.ArgumentException.With.Message.Contains("--seed"));
        Assert.That(() => Run("a star", "--seed", "-1"), Throws.ArgumentException.With.Message.Contains("--seed -1"));
        Assert.That(() => Run("a star", "--steps", "2"), Throws.ArgumentException.With.Message.Contains("--temperature"));
        Assert.That(() => Run("a star", "--temperature", "x"), Throws.ArgumentException.With.Message.Contains("--temperature x"));
        Assert.That(() => Run("a star", "--count", "0"), Throws.ArgumentException.With.Message.Contains("--count 0"));
        Assert.That(() => Run("zebra"), Throws.ArgumentException.With.Message.Contains("vocabulary.txt"));

        int Run(params string[] arguments) =>
            DrawingProgram.Run([.. arguments, "--models", run.Onnx], TextWriter.Null, TextWriter.Null);
    }

    [TestCase("A small RED star, at the top-left!")]
    [TestCase("don't  o’clock 'quoted' rock-'n'-roll -- x-")]
    [TestCase("Größe ÇA İstanbul naïve 3.5 mm\tα_β ❤️ 👍🏽")]
    [TestCase("well‑known ﻿zero​width")]
    [TestCase("")]
    public void It_cuts_captions_as_here(string caption) =>
        Assert.That(Captions.Split(caption), Is.EqualTo(WordTokenizer.Split(caption)));

    [TestCase("ดาวสีแดง")]
    [TestCase("赤い星")]
    public void Scripts_without_spaces_are_refused(string caption) =>
        Assert.That(() => Captions.Split(caption), Throws.TypeOf<NotSupportedException>().With.Message.Contains("dalle2 generate"));
}
