using System.Text.Json.Nodes;
using System.Xml.Linq;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Cli;

/// <summary>The verb export; what it writes is looked at in <see cref="Export.ModelExportTests"/>.</summary>
public class ExportTests
{
    TemporaryFolder folder = null!;
    string run = "";

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        run = folder["run"];
        CommandRun.Of(["train", "--data", "shapes", "--out", run, .. CommandRun.FewSteps]).Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void It_prints_one_document_and_writes_where_it_is_told()
    {
        string target = folder["weights"];
        JsonNode json = CommandRun.Of("export", run, "--format", "safetensors", "--out", target, "--json").Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key),
            Is.EqualTo(new[] { "run", "format", "folder", "runHash", "files", "seconds" }));
        Assert.That(((string)json["run"]!, (string)json["format"]!, (string)json["folder"]!), Is.EqualTo((run, "safetensors", target)));
        foreach (JsonNode? file in json["files"]!.AsArray())
            Assert.That(new FileInfo(Path.Combine(target, (string)file!["name"]!)).Length, Is.EqualTo((long)file["bytes"]!));
        Assert.That(json["files"]!.AsArray().Select(file => (string)file!["name"]!),
            Is.EquivalentTo(Directory.GetFiles(target).Select(Path.GetFileName)));
        CommandRun.Of("export", run, "--out", target).IsUsageFault(target, "not empty", "--out");
        CommandRun.Of("export", run, "--out", Path.Combine(target, "README.md")).IsUsageFault("README.md", "is a file");
    }

    [Test]
    public void Without_being_told_it_writes_ONNX_into_the_run()
    {
        CommandRun exported = CommandRun.Of("export", run).Succeeded();
        Assert.That(exported.Output, Does.Contain("text-encoder.onnx").And.Contain("dotnet run draw.cs"));
        Assert.That(File.Exists(Path.Combine(run, "onnx", "draw.cs")));
        // Else the settings of a repository around the run would be the program's, and it would not build in this one.
        foreach (string settings in new[] { "Directory.Build.props", "Directory.Packages.props" })
            Assert.That(XDocument.Load(Path.Combine(run, "onnx", settings)).Root!.IsEmpty);
        // An empty folder is as good as none.
        string target = Directory.CreateDirectory(folder["empty"]).FullName;
        CommandRun.Of("export", run, "--out", target).Succeeded();
        Assert.That(File.Exists(Path.Combine(target, "decoder.onnx")));
    }

    [Test]
    public void An_unknown_format_names_the_nearest() =>
        CommandRun.Of("export", run, "--format", "onx", "--out", folder["never"]).IsUsageFault("'onx'", "Did you mean onnx?");

    [Test]
    public void A_run_that_does_not_draw_yet_is_told_with_the_stage()
    {
        string part = folder["part"];
        CommandRun.Of(["train", "--data", "shapes", "--stage", "text", "--out", part, .. CommandRun.FewSteps]).Succeeded();
        CommandRun.Of("export", part, "--out", folder["never"]).IsUsageFault(part, "decoder or finetune", "--resume");
        CommandRun.Of("export", folder["none"], "--out", folder["never"]).IsUsageFault("no such run");
        Assert.That(Directory.Exists(folder["never"]), Is.False);
    }

    [Test]
    public void A_model_without_an_ONNX_form_is_told_and_its_weights_are_written()
    {
        string mean = folder["mean"];
        CommandRun.Of("train", "--model", "mean-color", "--data", "shapes", "--out", mean).Succeeded();
        CommandRun.Of("export", mean, "--out", folder["never"]).IsUsageFault(mean, "mean-color", "--format safetensors");
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path, "never*"), Is.Empty);
        CommandRun.Of("export", mean, "--format", "safetensors", "--out", folder["mean-weights"]).Succeeded();
    }
}
