using System.Text.Json.Nodes;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Cli;

public class DataTests
{
    [Test]
    public void List_names_each_set_and_whether_it_is_here()
    {
        JsonArray sets = CommandRun.Of("data", "list", "--json").Succeeded().Json.AsArray();
        Assert.That(sets.Select(set => (string)set!["name"]!), Is.EqualTo(new[] { "emoji", "fashion", "shapes", "shapes2" }));
        JsonNode shapes = sets.Single(set => (string)set!["name"]! == "shapes")!;
        Assert.That((bool)shapes["available"]!);
        Assert.That((int)shapes["splits"]!["train"]!, Is.EqualTo(6000));
        foreach (JsonNode? set in sets)
            Assert.That((bool)set!["available"]! != ((string)set["reason"]!).Length > 0);
    }

    [Test]
    public void Generated_sets_need_no_fetching()
    {
        CommandRun run = CommandRun.Of("data", "get", "shapes", "--json").Succeeded();
        Assert.That(run.Error, Does.Contain("nothing to get"));
        Assert.That((int)run.Json["splits"]!["train"]!, Is.EqualTo(6000));
    }

    [Test]
    public void A_folder_that_lacks_the_files_is_told()
    {
        using var folder = new TemporaryFolder();
        CommandRun.Of("data", "get", "fashion", "--from", folder.Path).IsUsageFault(folder.Path);
        CommandRun.Of("data", "get", "emoji", "--from", folder.Path, "--data-folder", folder["kept"]).IsUsageFault(folder.Path);
        CommandRun.Of("data", "get", "emoji", "--from", folder["none"]).IsUsageFault(folder["none"]);
    }

    [Test]
    public void Inspecting_shapes_finds_its_words()
    {
        JsonNode json = CommandRun.Of("data", "inspect", "shapes", "--json").Succeeded().Json;
        // 3 backgrounds, 8 shapes, 8 colors, 2 sizes and the words around them; nothing is held out that training does not say.
        Assert.That((int)json["vocabularySize"]!, Is.InRange(25, 45));
        Assert.That(json["unknownWords"]!.AsArray(), Is.Empty);
        Assert.That(json["broken"]!.AsArray(), Is.Empty);
        Assert.That(json["frequentWords"]!.AsObject().Select(word => word.Key), Does.Contain("background"));
    }

    [Test]
    public void Converting_writes_what_inspecting_reads()
    {
        using var folder = new TemporaryFolder();
        string target = folder["shapes.parquet"];
        JsonNode json = CommandRun.Of("data", "convert", "shapes", target, "--count", "20", "--side", "32", "--json").Succeeded().Json;
        Assert.That((string)json["form"]!, Is.EqualTo("parquet"));
        Assert.That((string)json["files"]![0]!, Is.EqualTo(target));
        Assert.That((int)json["splits"]!["train"]!["count"]!, Is.EqualTo(20));
        Assert.That(json["broken"]!.AsArray(), Is.Empty);
        JsonNode seen = CommandRun.Of("data", "inspect", target, "--json").Succeeded().Json;
        Assert.That((int)seen["splits"]!["train"]!["count"]!, Is.EqualTo(20));
        Assert.That((int)seen["splits"]!["test"]!["count"]!, Is.EqualTo((int)json["splits"]!["held-out"]!["count"]!));
        CommandRun.Of("data", "convert", "shapes", target).IsUsageFault(target, "exists already", "--force");
        CommandRun again = CommandRun.Of("data", "convert", target, folder["plain"]).Succeeded();
        Assert.That(again.Output, Does.Contain("Wrote").And.Contain("train 20"));
        folder.Write("plain/train/bad.png", "no picture");
        CommandRun left = CommandRun.Of("data", "convert", folder["plain"], target, "--force").Succeeded();
        Assert.That(left.Output, Does.Contain("1 broken samples were left out").And.Contain("bad.png: it has no caption"));
        CommandRun.Of("data", "convert", "shapes", folder["set.zip"]).IsUsageFault(".zip", ".parquet");
    }
}
