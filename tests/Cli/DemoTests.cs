using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dalle2.Data.Pictures;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Cli;

public class DemoTests
{
    [Test]
    public void A_demo_trains_draws_and_is_not_trained_twice()
    {
        using var folder = new TemporaryFolder();
        string run = folder["demo"];
        JsonNode json = CommandRun.Of("demo", "--preset", "tiny", "--count", "8", "--out", run, "--json").Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "train", "eval", "grid", "report" }));
        Assert.That((int)json["train"]!["steps"]!, Is.EqualTo(100));
        Assert.That((int)json["eval"]!["n"]!, Is.EqualTo(8));
        Assert.That(PictureDecoder.Decode(File.ReadAllBytes(Path.Combine(run, "grid.png"))).Width, Is.GreaterThan(200));
        Assert.That(File.ReadAllText((string)json["report"]!), Does.Contain("<svg").And.Contain("held-out"));

        CommandRun second = CommandRun.Of("demo", "--count", "8", "--out", run, "--json").Succeeded();
        Assert.That((int)second.Json["train"]!["steps"]!, Is.Zero);
        Assert.That(second.Error, Does.Contain("already trained"));
        Assert.That(second.Json["eval"]!["runHash"]!.ToJsonString(), Is.EqualTo(json["eval"]!["runHash"]!.ToJsonString()));
        Assert.That(second.Json["eval"]!["attributes"]!.ToJsonString(), Is.EqualTo(json["eval"]!["attributes"]!.ToJsonString()));
    }

    [Test]
    public void A_fresh_demo_starts_over_and_ends_with_a_command_that_works()
    {
        using var folder = new TemporaryFolder();
        string run = folder["demo"];
        CommandRun.Of(["train", "--data", "shapes", "--preset", "tiny", "--stage", "text", "--out", run]).Succeeded();
        CommandRun demo = CommandRun.Of("demo", "--fresh", "--preset", "tiny", "--seed", "3", "--count", "4", "--out", run).Succeeded();
        Assert.That(demo.Output, Does.Contain("attribute").And.Contain("grid.png"));
        Assert.That(demo.Error, Does.Contain("text  20/20"));

        string prompt = Regex.Match(demo.Output, $"dalle2 generate {Regex.Escape(run)} '([^']*)'").Groups[1].Value;
        Assert.That(prompt, Is.Not.Empty);
        CommandRun drawn = CommandRun.Of("generate", run, prompt, "--out", folder["x.png"]).Succeeded();
        Assert.That(drawn.Error, Does.Not.Contain("does not know"));
    }

    [Test]
    public void A_run_that_is_no_demo_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        string run = folder["run"];
        CommandRun.Of(["train", "--data", "shapes", "--stage", "text", "--out", run, .. CommandRun.FewSteps]).Succeeded();
        CommandRun.Of("demo", "--out", run, "--fresh").IsUsageFault(run, "no demo");
        Assert.That(File.Exists(Path.Combine(run, "config.json")));
    }
}
