using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Data.Pictures;
using Dalle2.Tests.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Cli;

/// <summary>One small training, and what is drawn and measured with it.</summary>
public class TrainedRunTests
{
    const string Prompt = "a small red star at the top left on a navy background";

    TemporaryFolder folder = null!;
    CommandRun training = null!;
    string run = "";

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        run = folder["run"];
        training = CommandRun.Of(["train", "--data", "shapes", "--out", run, "--json", .. CommandRun.FewSteps]).Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void Train_prints_one_document()
    {
        JsonNode json = training.Json;
        Assert.That(json.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "run", "steps", "seconds", "loss", "device" }));
        Assert.That((string)json["run"]!, Is.EqualTo(run));
        Assert.That((int)json["steps"]!, Is.EqualTo(15));
        Assert.That((double)json["loss"]!, Is.GreaterThan(0));
        Assert.That((string)json["device"]!, Is.EqualTo("cpu"));
        Assert.That(training.Error, Does.Contain("finetune  3/3").And.Contain("images/s"));
        Assert.That(File.Exists(Path.Combine(run, "report.html")));
    }

    [Test]
    public void A_finished_run_has_nothing_left_to_train()
    {
        JsonNode json = CommandRun.Of("train", "--resume", "--out", run, "--json").Succeeded().Json;
        Assert.That((int)json["steps"]!, Is.Zero);
        Assert.That(json["loss"], Is.Null);
    }

    [Test]
    public void A_run_is_not_trained_over() => CommandRun.Of(["train", "--out", run, .. CommandRun.FewSteps]).IsUsageFault(run, "--resume");

    [Test]
    public void Resuming_with_another_seed_or_setting_is_refused()
    {
        CommandRun.Of("train", "--resume", "--out", run, "--seed", "2").IsUsageFault("seed: 1, now 2");
        CommandRun.Of("train", "--resume", "--out", run, "--set", "batch=4").IsUsageFault("batch: 8, now 4");
        CommandRun.Of("train", "--resume", "--out", run, "--data", "shapes", "--preset", "tiny", "--seed", "1").Succeeded();
    }

    [Test]
    public void The_same_picture_is_drawn_again_byte_for_byte()
    {
        string file = folder["star.png"], copy = folder["copy.png"];
        JsonNode json = CommandRun.Of("generate", run, Prompt, "--seed", "7", "--out", file, "--json").Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "files", "seed", "seconds", "device" }));
        Assert.That(json["files"]!.AsArray().Select(name => (string)name!), Is.EqualTo(new[] { file }));
        Assert.That((ulong)json["seed"]!, Is.EqualTo(7));

        JsonNode again = CommandRun.Of("generate", "--again", file, "--out", copy, "--device", "reference", "--json").Succeeded().Json;
        Assert.That((bool)again["identical"]!);
        Assert.That(File.ReadAllBytes(copy), Is.EqualTo(File.ReadAllBytes(file)));
    }

    [Test]
    public void A_picture_says_how_it_was_drawn()
    {
        string file = folder["told.png"];
        CommandRun.Of("generate", run, Prompt, "--seed", "9", "--temperature", "0.5", "--out", file).Succeeded();
        Dictionary<string, string> text = PngText.Read(File.ReadAllBytes(file)).ToDictionary();
        Assert.That(text.Keys, Is.EqualTo(new[] { "prompt", "seed", "number", "temperature", "run", "runHash", "version" }));
        Assert.That((text["prompt"], text["seed"], text["number"], text["temperature"], text["run"]),
            Is.EqualTo((Prompt, "9", "0", "0.5", run)));
    }

    [Test]
    public void The_third_picture_of_many_can_be_drawn_again_alone()
    {
        string files = folder["many.png"], copy = folder["third.png"];
        JsonNode json = CommandRun.Of("generate", run, "a large blue ring", Prompt, "--count", "3", "--sheet", "--out", files, "--json")
            .Succeeded().Json;
        string[] names = [.. json["files"]!.AsArray().Select(name => Path.GetFileName((string)name!))];
        Assert.That(names, Is.EqualTo(new[] { "many-1.png", "many-2.png", "many-3.png", "many-4.png", "many-5.png", "many-6.png",
            "many-sheet.png" }));
        CommandRun.Of("generate", "--again", folder["many-6.png"], "--out", copy).Succeeded();
        Assert.That(File.ReadAllBytes(copy), Is.EqualTo(File.ReadAllBytes(folder["many-6.png"])));
        Assert.That(File.ReadAllBytes(copy), Is.Not.EqualTo(File.ReadAllBytes(folder["many-5.png"])));
    }

    [Test]
    public void Again_refuses_a_run_that_has_changed_and_finds_one_that_has_moved()
    {
        string file = folder["moved.png"], other = folder["other"];
        CommandRun.Of("generate", run, Prompt, "--out", file).Succeeded();
        CommandRun.Of(["train", "--data", "shapes", "--out", other, "--seed", "2", .. CommandRun.FewSteps]).Succeeded();
        CommandRun.Of("generate", "--again", file, "--run", other, "--out", folder["x.png"]).IsUsageFault(other, file, "--run");
        CommandRun.Of("generate", "--again", file, "--run", Copy("moved"), "--out", folder["y.png"]).Succeeded();
        Assert.That(File.Exists(folder["x.png"]), Is.False);
        Assert.That(File.ReadAllBytes(folder["y.png"]), Is.EqualTo(File.ReadAllBytes(file)));
    }

    [Test]
    public void Again_needs_a_picture_that_was_drawn_here()
    {
        CommandRun.Of("generate", "--again", folder["none.png"]).IsUsageFault("none.png", "no such file");
        CommandRun.Of("generate", "--again", folder.Write("text.png", "no picture")).IsUsageFault("text.png", "PNG");
        CommandRun.Of("generate", "--again", folder.Write("plain.png", PictureEncoder.Png(new Image(2, 2))))
            .IsUsageFault("plain.png", "prompt");
        CommandRun.Of("generate", "--again", folder["none.png"], "--seed", "3").IsUsageFault("--seed");
    }

    [Test]
    public void Again_notices_changed_pixels()
    {
        string file = folder["original.png"], edited = folder["edited.png"];
        CommandRun.Of("generate", run, Prompt, "--out", file).Succeeded();
        byte[] bytes = File.ReadAllBytes(file);
        Image image = PictureDecoder.Decode(bytes);
        image.Rgba[0] ^= 1;
        File.WriteAllBytes(edited, PictureEncoder.Png(image, PngText.Read(bytes)));
        CommandRun again = CommandRun.Of("generate", "--again", edited, "--out", folder["again.png"], "--json");
        Assert.That(again.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That((bool)again.Json["identical"]!, Is.False);
        Assert.That(File.ReadAllBytes(folder["again.png"]), Is.EqualTo(bytes));
    }

    [Test]
    public void Unknown_words_are_named_and_the_rest_is_drawn()
    {
        CommandRun some = CommandRun.Of("generate", run, "a small rde star", "--out", folder["rde.png"]).Succeeded();
        Assert.That(some.Error, Does.Contain("'rde'").And.Contain("red"));
        CommandRun.Of("generate", run, "sturdy oaks", "--out", folder["oaks.png"]).IsUsageFault("'sturdy'", "'oaks'", "near");
        CommandRun.Of("generate", run, "  ", "--out", folder["blank.png"]).IsUsageFault("empty");
        Assert.That(File.Exists(folder["oaks.png"]), Is.False);
    }

    [Test]
    public void A_prompt_beyond_the_model_s_length_is_told()
    {
        string longer = string.Join(' ', Enumerable.Repeat("a small red star", 6)) + " zebra circle";
        CommandRun drawn = CommandRun.Of("generate", run, longer, "--out", folder["cut.png"]).Succeeded();
        Assert.That(drawn.Error, Does.Contain("reads 24 words").And.Contain("'zebra circle' changes nothing")
            .And.Not.Contain("does not know"));
    }

    [Test]
    public void Pictures_are_png() => CommandRun.Of("generate", run, Prompt, "--out", folder["star.jpg"]).IsUsageFault("star.jpg", ".png");

    [Test]
    public void Eval_prints_one_document_with_shares_in_range()
    {
        string sheet = folder["sheet.png"];
        JsonNode json = CommandRun.Of("eval", run, "--count", "16", "--out", sheet, "--json").Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key),
            Is.SupersetOf(new[] { "split", "n", "attributes", "chance", "ceiling", "shuffled" }));
        Assert.That((string)json["split"]!, Is.EqualTo("held-out"));
        Assert.That((int)json["n"]!, Is.EqualTo(16));
        string[] attributes = ["shape", "colour", "size", "place", "background", "all"];
        Assert.That(json["attributes"]!.AsObject().Select(pair => pair.Key), Is.EquivalentTo(attributes));
        foreach (string name in attributes)
        {
            JsonNode share = json["attributes"]![name]!;
            Assert.That((double)share["value"]!, Is.InRange((double)share["low"]!, (double)share["high"]!));
            Assert.That((double)share["low"]!, Is.GreaterThanOrEqualTo(0));
            Assert.That((double)share["high"]!, Is.LessThanOrEqualTo(1));
            Assert.That((double)json["chance"]![name]!, Is.GreaterThan(0).And.LessThan(1));
            Assert.That((double)json["shuffled"]![name]!, Is.InRange(0, 1));
        }

        Assert.That((double)json["ceiling"]!["all"]!, Is.GreaterThan((double)json["chance"]!["all"]!));
        Assert.That((double)json["retrieval"]!["textToImage"]!["recall@1"]!["value"]!, Is.InRange(0, 1));
        Assert.That((int)json["reading"]!["captions"]!, Is.EqualTo(3456));
        Assert.That(json["reading"]!["attributes"]!.AsObject().Select(pair => pair.Key), Is.EquivalentTo(attributes));
        Assert.That(json["distances"]!.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "clip", "pixels" }));
        foreach (var (_, features) in json["distances"]!.AsObject())
        {
            foreach (string kind in new[] { "drawn", "training", "floor" })
            {
                Assert.That((int)features![kind]!["n"]!, Is.EqualTo(16));
                Assert.That((double)features[kind]!["fid"]!, Is.GreaterThan(0));
                Assert.That((double)features[kind]!["kidError"]!, Is.GreaterThan(0));
            }

            // Hardly trained, it draws nothing like a picture of the set.
            Assert.That((double)features!["drawn"]!["kid"]!, Is.GreaterThan(2 * (double)features["drawn"]!["kidError"]!));
        }

        JsonNode memorization = json["memorization"]!;
        Assert.That(((int)memorization["n"]!, (int)memorization["trainingPictures"]!), Is.EqualTo((16, 64)));
        Assert.That((double)memorization["median"]!["real"]!, Is.InRange(1e-6, 1));
        Assert.That((double)memorization["nearer"]!["value"]!, Is.InRange(0, 1));
        Assert.That((string)memorization["sheet"]!, Is.EqualTo(Path.Combine(run, "samples", "nearest.png")));
        Assert.That(PictureDecoder.Decode(File.ReadAllBytes((string)memorization["sheet"]!)).Width, Is.GreaterThan(200));
        Assert.That(json["beside"], Is.Null);
        Assert.That(PictureDecoder.Decode(File.ReadAllBytes(sheet)).Width, Is.GreaterThan(16));
    }

    [Test]
    public void Of_pictures_that_it_was_trained_on_nothing_is_called_memorized()
    {
        CommandRun train = CommandRun.Of("eval", run, "--split", "train", "--count", "60", "--json").Succeeded();
        Assert.That(train.Json["memorization"], Is.Null);
        // Of 64 pictures, 60 are the true ones: two samples of the other four.
        Assert.That((int)train.Json["distances"]!["clip"]!["floor"]!["n"]!, Is.EqualTo(2));
        Assert.That((int)train.Json["distances"]!["clip"]!["training"]!["n"]!, Is.EqualTo(4));
    }

    [Test]
    public void Eval_says_what_it_does_and_shows_its_tables()
    {
        CommandRun shown = CommandRun.Of("eval", run, "--count", "8").Succeeded();
        Assert.That(shown.Error, Does.Contain("drawing run  0/8").And.Contain("distances to real pictures  0/8")
            .And.Contain("nearest of 64 training pictures  0/16"));
        Assert.That(shown.Output, Does.Contain("KID x 1000").And.Contain("floor").And.Contain("among all 3456")
            .And.Contain("Nearest of 64 training pictures").And.Contain("nearest.png"));
        string report = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.That(report, Does.Contain("What is read in pictures?").And.Contain("How far are drawings from real pictures?")
            .And.Contain("Are drawings training pictures again?").And.Contain("The drawings that are nearest to a training picture"));
    }

    [Test]
    public void Eval_names_the_splits_there_are() => CommandRun.Of("eval", run, "--split", "test").IsUsageFault("'test'", "held-out");

    [Test]
    public void A_truncated_checkpoint_is_named()
    {
        string copy = Copy("truncated");
        foreach (string file in Checkpoints(copy))
            File.WriteAllBytes(file, File.ReadAllBytes(file)[..^100]);
        CommandRun.Of("generate", copy, Prompt, "--out", folder["t.png"]).IsUsageFault(copy, ".safetensors");
    }

    [Test]
    public void A_checkpoint_of_another_model_is_named()
    {
        string copy = Copy("foreign");
        foreach (string file in Checkpoints(copy))
        {
            Checkpoint own = Checkpoint.Load(file, null);
            new Checkpoint(own.Info with { Model = "unclip" }, own.Tensors).Save(file);
        }

        CommandRun.Of("generate", copy, Prompt, "--out", folder["f.png"]).IsUsageFault("unclip", "classic");
    }

    [Test]
    public void A_checkpoint_of_a_newer_version_is_named()
    {
        string copy = Copy("newer");
        foreach (string file in Checkpoints(copy))
        {
            byte[] bytes = File.ReadAllBytes(file);
            int at = bytes.AsSpan().IndexOf("\"format_version\":\""u8) + "\"format_version\":\"".Length;
            bytes[at] = (byte)'9';
            File.WriteAllBytes(file, bytes);
        }

        CommandRun.Of("eval", copy).IsUsageFault("version 9", "Update");
    }

    string Copy(string name)
    {
        foreach (string file in Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories))
            folder.Write(Path.Combine(name, Path.GetRelativePath(run, file)), File.ReadAllBytes(file));
        return folder[name];
    }

    static string[] Checkpoints(string run) =>
        Directory.GetFiles(Path.Combine(run, "checkpoints"), "*.safetensors", SearchOption.AllDirectories);
}
