using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Tests.Training.MeanColor;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

/// <summary>A second family, which lies beside these tests and is named nowhere else, is trained, drawn from, measured and profiled like the first.</summary>
public partial class ModelFamilyTests
{
    static readonly string[] Red = ["a large red square at the center on a black background"];

    TemporaryFolder folder = null!;
    string run = "";
    JsonNode training = null!;

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        run = folder["run"];
        training = CommandRun.Of("train", "--model", "mean-color", "--data", "shapes", "--out", run, "--set", "learningRate=0.05", "--json")
            .Succeeded().Json;
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void It_is_found_and_the_default_stays_first() =>
        Assert.That(ModelFamily.All.Select(family => family.Name), Is.EqualTo(new[] { ModelFamily.DefaultName, "mean-color", "unclip" }));

    [Test]
    public void It_trains_and_learns()
    {
        Assert.That((int)training["steps"]!, Is.EqualTo(40));
        using RunFolder opened = RunFolder.Open(run);
        IReadOnlyList<LogEntry> log = opened.Log.Read();
        Assert.That(log[^1].Values[0].Value, Is.LessThan(log[0].Values[0].Value));
        Assert.That(RunConfig.Read(opened), Is.InstanceOf<MeanColorConfig>());
        Assert.That(File.Exists(Path.Combine(run, "samples", "fit.png")));
        Assert.That(File.ReadAllText(Path.Combine(run, "report.html")), Does.Contain("mean-color on shapes").And.Contain("fitSteps"));
    }

    [Test]
    public void It_resumes()
    {
        string stopped = folder["stopped"], whole = folder["whole"];
        string[] settings = ["--model", "mean-color", "--set", "fitSteps=20"];
        CommandRun.Of(["train", "--out", whole, .. settings]).Succeeded();
        CommandRun.Of(["train", "--out", stopped, .. settings, "checkpointEvery=10"]).Succeeded();
        Assert.That((int)CommandRun.Of("train", "--resume", "--out", stopped, "--json").Succeeded().Json["steps"]!, Is.Zero);
        Assert.That(CommandRun.Of("train", "--resume", "--out", stopped, "--model", ModelFamily.DefaultName).Code, Is.Not.Zero);
    }

    [Test]
    public void It_draws_with_options_of_its_own()
    {
        string plain = folder["plain.png"], bright = folder["bright.png"], striped = folder["striped.png"];
        CommandRun.Of(["generate", run, .. Red, "--out", plain]).Succeeded();
        CommandRun.Of(["generate", run, .. Red, "--out", bright, "--brightness", "0"]).Succeeded();
        CommandRun.Of(["generate", run, .. Red, "--out", striped, "--pattern", "Striped"]).Succeeded();
        Image picture = PictureDecoder.Decode(plain);
        Assert.That(PictureDecoder.Decode(bright).Rgba.Where((_, i) => i % 4 != 3), Has.All.Zero);
        Assert.That(PictureDecoder.Decode(striped).Rgba[..3], Is.EqualTo(picture.Rgba[..3]));
        Assert.That(PictureDecoder.Decode(striped).Rgba[4..7], Has.All.Zero);
        IReadOnlyList<KeyValuePair<string, string>> chunks = PngText.Read(File.ReadAllBytes(striped));
        Assert.That(chunks, Does.Contain(KeyValuePair.Create("pattern", "striped")).And.Contain(KeyValuePair.Create("brightness", "1")));
        Assert.That((bool)CommandRun.Of("generate", "--again", striped, "--out", folder["again.png"], "--json")
            .Succeeded().Json["identical"]!);
    }

    [Test]
    public void What_its_sampler_does_not_take_is_refused()
    {
        CommandRun.Of(["generate", run, .. Red, "--out", folder["x.png"], "--temperature", "1"])
            .IsUsageFault("--temperature", "mean-color", "--brightness, --pattern");
        CommandRun.Of(["generate", run, .. Red, "--out", folder["x.png"], "--brightness", "3"])
            .IsUsageFault("--brightness 3: give a number from 0 to 2");
        CommandRun.Of(["generate", run, .. Red, "--out", folder["x.png"], "--pattern", "dotted"])
            .IsUsageFault("--pattern dotted: give one of plain, striped");
    }

    [Test]
    public void It_is_measured_with_what_it_can_do()
    {
        JsonNode json = CommandRun.Of("eval", run, "--count", "32", "--json").Succeeded().Json;
        Assert.That(json["retrieval"], Is.Null);
        Assert.That(json["loss"], Is.Null);
        Assert.That(json["attributes"]!.AsObject(), Is.Not.Empty);
    }

    [Test]
    public void It_is_profiled() =>
        Assert.That((string)CommandRun.Of("profile", "--model", "mean-color", "--steps", "2", "--warmup", "2", "--json")
        .Succeeded().Json["what"]!, Does.Contain("stage fit"));

    [Test]
    public void Its_time_can_be_chosen()
    {
        string timed = folder["timed"];
        CommandRun result = CommandRun.Of("train", "--model", "mean-color", "--out", timed, "--minutes", "0.1", "--set", "samples=64")
            .Succeeded();
        using RunFolder opened = RunFolder.Open(timed);
        int steps = ((MeanColorConfig)RunConfig.Read(opened)).FitSteps;
        Assert.That(steps, Is.Positive);
        Assert.That(result.Error, Does.Contain($"fitSteps={steps}"));
        CommandRun.Of("train", "--resume", "--out", timed, "--minutes", "1").IsUsageFault("--minutes", "resumed");
    }

    /// <summary>Outside of the folders of a family, only the name of the default one stands anywhere.</summary>
    [Test]
    public void Nothing_else_names_the_first_family()
    {
        string source = Path.Combine(Path.GetDirectoryName(SourcePath())!, "..", "..", "src");
        string[] naming =
        [
            .. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(source, path).Replace('\\', '/'))
                .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/Classic/", StringComparison.Ordinal))
                // A program of its own, which knows the models by their names in a file.
                .Where(path => path != "Export/Script/draw.cs")
                .Where(path => Classic().IsMatch(File.ReadAllText(Path.Combine(source, path)))),
        ];
        Assert.That(naming, Is.EqualTo(new[] { "Training/Families/ModelFamily.cs" }));
        Assert.That(Classic().Count(File.ReadAllText(Path.Combine(source, naming[0]))), Is.EqualTo(1));
    }

    [Test]
    public void Settings_of_a_sampler_have_their_defaults()
    {
        ModelFamily family = ModelFamily.Get("mean-color");
        Assert.That(SamplerSettings.Of(family).Values,
            Is.EqualTo(new[] { KeyValuePair.Create("brightness", "1"), KeyValuePair.Create("pattern", "plain") }));
        Assert.That(() => SamplerSettings.Of(family, new Dictionary<string, string> { ["brightness"] = "NaN" }),
            Throws.TypeOf<UserInputException>());
    }

    [GeneratedRegex("classic", RegexOptions.IgnoreCase)]
    private static partial Regex Classic();

    static string SourcePath([CallerFilePath] string path = "") => path;
}
