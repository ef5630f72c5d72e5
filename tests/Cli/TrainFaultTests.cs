using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Data.Pictures;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Cli;

public partial class TrainFaultTests
{
    static readonly string[] TextAndFineTune = ["--data", "shapes", "--preset", "tiny", "--set", "samples=32", "batch=4", "textSteps=52",
        "imageSteps=0", "jointSteps=0", "decoderSteps=0", "fineTuneSteps=52", "checkpointEvery=7"];

    TemporaryFolder folder = null!;

    [SetUp]
    public void Create() => folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void A_stopped_run_resumes_to_the_same_bytes()
    {
        string whole = folder["whole"], parts = folder["parts"];
        CommandRun.Of(["train", "--out", whole, .. TextAndFineTune]).Succeeded();

        CommandRun first = StopAt("text  50/52", ["train", "--out", parts, .. TextAndFineTune]);
        first.IsFault(ExitCode.Failed, "after step 50 of 52", $"dalle2 train --resume --out {parts}");
        CommandRun.Of("generate", parts, "a star").IsUsageFault("not trained yet");
        CommandRun second = StopAt("finetune  50/52", ["train", "--out", parts, "--resume", "--threads", "1"]);
        second.IsFault(ExitCode.Failed, "'finetune' after step 50 of 52");
        CommandRun.Of("train", "--out", parts, "--resume").Succeeded();

        foreach (string file in new[] { "checkpoints/text/final-000052.safetensors", "checkpoints/finetune/final-000052.safetensors",
            "log.jsonl", "config.json" })
        {
            Assert.That(File.ReadAllBytes(Path.Combine(parts, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(whole, file))), file);
        }
    }

    [Test]
    public void A_loss_that_is_not_finite_stops_the_run()
    {
        CommandRun.Of(["train", "--data", "shapes", "--out", folder["nan"], .. CommandRun.FewSteps, "learningRate=1e38"])
            .IsFault(ExitCode.Failed, "stage 'text', step 2", "first to go bad", "learningRate");
    }

    [TestCase("batch=1024", "accumulation=1025", "1049600 pictures", "at most 1048576")]
    [TestCase("batch=4", "accumulation=16384", "65536 pairs", "at most 32768")]
    [TestCase("clipBatch=4", "accumulation=16384", "65536 pairs", "at most 32768")]
    [TestCase("priorBatch=1024", "accumulation=1025", "1049600 pictures", "at most 1048576")]
    public void A_step_that_no_memory_holds_is_refused(string batch, string accumulation, string size, string most) =>
        CommandRun.Of("train", "--model", batch.StartsWith("batch", StringComparison.Ordinal) ? "classic" : "unclip", "--data", "shapes",
            "--preset", "tiny", "--out", folder["large"], "--set", batch, accumulation)
            .IsUsageFault(batch, accumulation, size, most, "--set");

    [Test]
    public void Broken_samples_are_skipped_up_to_a_limit()
    {
        byte[] png = PictureEncoder.Png(Filled(40, 24, 200));
        for (int i = 0; i < 6; i++)
        {
            folder.Write($"data/train/good{i}.png", PictureEncoder.Png(Filled(20 + i, 30, (byte)(40 * i))));
            folder.Write($"data/train/good{i}.txt", $"picture number {i}");
        }

        folder.Write("data/test/good.png", png);
        folder.Write("data/test/good.txt", "picture number 3");
        folder.Write("data/train/empty.png", Array.Empty<byte>());
        folder.Write("data/train/empty.txt", "an empty file");
        folder.Write("data/train/cut.png", png[..^20]);
        folder.Write("data/train/cut.txt", "a truncated picture");
        folder.Write("data/train/lying.png", "this is no picture");
        folder.Write("data/train/lying.txt", "a text that claims to be a picture");
        folder.Write("data/train/lonely.txt", "a caption without picture");
        folder.Write("data/train/mute.png", png);

        string[] names = ["empty.png", "cut.png", "lying.png", "lonely.txt", "mute.png"];
        JsonNode inspection = CommandRun.Of("data", "inspect", folder["data"], "--out", folder["sheet.png"], "--json").Succeeded().Json;
        Assert.That(inspection["broken"]!.AsArray().Select(one => Path.GetFileName((string)one!["source"]!)), Is.EquivalentTo(names));
        Assert.That((int)inspection["splits"]!["train"]!["count"]!, Is.EqualTo(11));
        Assert.That((int)inspection["splits"]!["train"]!["broken"]!, Is.EqualTo(5));
        Assert.That(File.Exists(folder["sheet.png"]));

        string[] few = [.. CommandRun.FewSteps, "batch=2"];
        CommandRun trained = CommandRun.Of(["train", "--data", folder["data"], "--out", folder["run"], "--max-broken", "5", .. few])
            .Succeeded();
        foreach (string name in names)
            Assert.That(trained.Error, Does.Contain(name));
        CommandRun.Of(["train", "--data", folder["data"], "--out", folder["strict"], "--max-broken", "4", .. few])
            .IsUsageFault("5 of 11", "--max-broken");
        JsonNode json = CommandRun.Of("eval", folder["run"], "--json").Succeeded().Json;
        Assert.That((int)json["n"]!, Is.EqualTo(1));
        Assert.That(json["attributes"]!.AsObject(), Is.Empty);
    }

    [Test]
    public void A_folder_without_captioned_pictures_is_told()
    {
        folder.Write("data/lonely.txt", "a caption");
        CommandRun.Of("train", "--data", folder["data"], "--out", folder["run"]).IsUsageFault(folder["data"], "no captioned picture");
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void A_stage_can_run_alone()
    {
        JsonNode json = CommandRun.Of(["train", "--data", "shapes", "--stage", "image", "--out", folder["run"], "--json",
            .. CommandRun.FewSteps]).Succeeded().Json;
        Assert.That((int)json["steps"]!, Is.EqualTo(3));
        Assert.That(Directory.GetDirectories(Path.Combine(folder["run"], "checkpoints")).Select(Path.GetFileName),
            Is.EqualTo(new[] { "image" }));
    }

    [Test]
    [Platform("Linux,MacOsX")]
    public void The_interrupt_key_saves_a_checkpoint_and_says_how_to_go_on()
    {
        string run = folder["run"];
        using Process process = DevicesTests.Start("train", "--preset", "tiny", "--out", run, "--set", "samples=32", "batch=4",
            "textSteps=1000000", "checkpointEvery=1000000");
        var said = new List<string>();
        while (process.StandardError.ReadLine() is { } line)
        {
            said.Add(line);
            if (line.StartsWith("text  ", StringComparison.Ordinal))
            {
                Assert.That(Kill(process.Id, 2), Is.Zero);
                said.Add(process.StandardError.ReadToEnd());
            }
        }

        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Failed), string.Join('\n', said));
        Assert.That(said[^1], Does.Contain($"dalle2 train --resume --out {run}"));
        Assert.That(Directory.GetFiles(Path.Combine(run, "checkpoints", "text"), "step-*.safetensors"), Has.Length.EqualTo(1));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    static CommandRun StopAt(string line, string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new StoppingWriter(line, stop);
        int code = Application.Run(arguments, output, error, stop.Token);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    static Image Filled(int width, int height, byte value)
    {
        var image = new Image(width, height);
        image.Rgba.AsSpan().Fill(value);
        return image;
    }

    // Asks to stop, as the interrupt key does, when a line begins as given.
    sealed class StoppingWriter(string start, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith(start, StringComparison.Ordinal) == true)
                stop.Cancel();
        }
    }
}
