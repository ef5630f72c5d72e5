using System.Diagnostics;
using Dalle2.Cli;
using Dalle2.Data.Pictures;
using Dalle2.Tests.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Cli;

/// <summary>What a run's folder may look like when a verb begins, and what is said before any work.</summary>
public class RunStartTests
{
    static readonly string[] TextAlone =
        ["--preset", "tiny", "--set", "samples=32", "batch=4", "textSteps=4", "imageSteps=0", "jointSteps=0", "decoderSteps=0",
        "fineTuneSteps=0"];

    TemporaryFolder folder = null!;

    [SetUp]
    public void Create() => folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => folder.Dispose();

    /// <summary>A program that is killed between two of a start's writes leaves one of these.</summary>
    [TestCase(".lock")]
    [TestCase(".lock", ".lock.pid")]
    [TestCase(".lock", ".lock.pid", ".config.json.4242-1.tmp")]
    [TestCase(".lock", ".lock.pid", "samples/")]
    public void A_run_killed_at_its_start_is_begun_again(params string[] left)
    {
        string run = folder["run"];
        Directory.CreateDirectory(run);
        foreach (string name in left)
        {
            if (name.EndsWith('/'))
                Directory.CreateDirectory(Path.Combine(run, name));
            else
                File.WriteAllText(Path.Combine(run, name), "4242\n");
        }

        CommandRun.Of(["train", "--out", run, .. TextAlone]).Succeeded();
    }

    [Test]
    public void Who_comes_second_is_told_of_the_first()
    {
        string run = folder["run"];
        using RunFolder first = RunFolder.Create(run, new { seed = 1 });
        CommandRun.Of(["train", "--out", run, .. TextAlone])
            .IsUsageFault("another program trains in this folder", $"process {Environment.ProcessId}");
    }

    [Test]
    public void A_removed_folder_does_not_hide_what_happened()
    {
        string run = folder["run"];
        RunFolder opened = RunFolder.Create(run, new { seed = 1 });
        Directory.Delete(run, recursive: true);
        Assert.That(opened.Dispose, Throws.Nothing);
    }

    [Test]
    [Platform("Linux")]
    public void What_cannot_be_written_is_told_before_any_work()
    {
        CommandRun.Of(["train", "--out", "/proc/dalle2-run", .. TextAlone]).IsUsageFault("/proc/dalle2-run: cannot be written", "--out");
        string run = Trained();
        CommandRun.Of("generate", run, "a red star", "--out", "/proc/dalle2.png").IsUsageFault("/proc: cannot be written", "--out");
        CommandRun.Of("eval", run, "--probe", "2").IsUsageFault("--probe", "image embeddings");
        CommandRun.Of("eval", run, "--out", "/proc/dalle2.png").IsUsageFault("/proc: cannot be written", "--out");
    }

    /// <summary>Where the report cannot be written, the figures are given all the same.</summary>
    [Test]
    public void Eval_gives_figures_without_its_report()
    {
        string run = folder["drawing"];
        CommandRun.Of(["train", "--out", run, .. CommandRun.FewSteps]).Succeeded();
        File.Delete(Path.Combine(run, "report.html"));
        Directory.CreateDirectory(Path.Combine(run, "report.html"));
        CommandRun eval = CommandRun.Of("eval", run, "--count", "16", "--json").Succeeded();
        Assert.That((int)eval.Json["n"]!, Is.EqualTo(16));
        Assert.That(eval.Error, Does.Contain("report"));
    }

    [Test]
    public void A_run_resumes_with_its_own_settings_repeated()
    {
        string run = folder["run"];
        string[] line = ["train", "--out", run, "--data", "shapes", .. TextAlone, "encoderChannels=4", "decoderChannels=4", "imageSide=18"];
        CommandRun.Of(line).Succeeded();
        CommandRun.Of([.. line, "--resume"]).Succeeded();
    }

    [Test]
    public void A_file_of_a_setting_that_is_not_there_leaves_no_run_behind()
    {
        string run = folder["run"], vectors = folder["vectors.txt"];
        CommandRun.Of(["train", "--out", run, .. TextAlone, $"wordVectors={vectors}"]).IsUsageFault(vectors, "wordVectors");
        Assert.That(Directory.Exists(run), Is.False);
    }

    /// <summary>Captions, names and prompts may hold what a terminal obeys.</summary>
    [Test]
    public void Escape_sequences_do_not_reach_the_terminal()
    {
        string run = Trained();
        CommandRun fault = CommandRun.Of("generate", run, "a \e[31mzzz star", "--out", folder["x.png"]);
        Assert.That(fault.Error + fault.Output, Does.Not.Contain("\e"));
        CommandRun.Of("train", "--data", folder["no\e]0;x\aset"]).IsUsageFault("no\\u001B]0;x\\u0007set");
        var image = new Image(8, 8);
        image.Rgba.AsSpan().Fill(200);
        byte[] png = PictureEncoder.Png(image);
        for (int i = 0; i < 6; i++)
        {
            folder.Write($"data/{i}.png", png);
            folder.Write($"data/{i}.txt", $"\e[2J a picture {i}");
        }

        foreach (string[] command in (string[][])[["data", "inspect", folder["data"]],
            ["train", "--data", folder["data"], "--out", folder["own"], .. TextAlone, "batch=2"]])
        {
            CommandRun result = CommandRun.Of(command);
            Assert.That(result.Output + result.Error, Does.Not.Contain("\e"), string.Join(' ', command));
        }
    }

    [TestCase("temperature", "NaN", "a number from 0 to 100")]
    [TestCase("temperature", "1e309", "a number from 0 to 100")]
    [TestCase("temperature", "-5", "a number from 0 to 100")]
    [TestCase("number", "-1", "whole number")]
    [TestCase("seed", "1.5", "whole number")]
    [TestCase("precision", "9", "Float32")]
    public void Values_of_a_picture_are_checked_as_options_are(string key, string value, string expected)
    {
        string run = folder["drawing"];
        CommandRun.Of(["train", "--out", run, .. CommandRun.FewSteps]).Succeeded();
        string file = folder["drawn.png"];
        CommandRun.Of("generate", run, "a small red star", "--out", file).Succeeded();
        KeyValuePair<string, string>[] chunks = [.. PngText.Read(File.ReadAllBytes(file)).Where(chunk => chunk.Key != key),
            new(key, value)];
        File.WriteAllBytes(file, PictureEncoder.Png(PictureDecoder.Decode(file), chunks));
        CommandRun.Of("generate", "--again", file, "--out", folder["again.png"]).IsUsageFault($"'{key}'", expected);
    }

    [TestCase("\"cell\": 99")]
    [TestCase("\"loss\": 77")]
    [TestCase("\"precision\": 9")]
    [TestCase("\"latent\": 2000000000")]
    [TestCase("\"data\": null")]
    [TestCase("\"encoderChannels\": null")]
    [TestCase("\"wordVectors\": null")]
    [TestCase("\"seed\": 1, \"seed\": 2")]
    [TestCase("\"latnet\": 8")]
    [TestCase("\"model\": \"nonesuch\"")]
    [TestCase("\"model\": 3")]
    [TestCase("\"learningRate\": \"fast\"")]
    public void Every_value_of_a_configuration_is_checked(string entry)
    {
        string run = Trained(), path = Path.Combine(run, "config.json");
        string name = entry[..(entry.IndexOf(':') + 1)];
        string[] lines = [.. File.ReadAllLines(path).Where(line => !line.TrimStart().StartsWith(name, StringComparison.Ordinal))];
        string text = string.Join('\n', lines);
        if (name == "\"encoderChannels\":")
            text = System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(path), "\"encoderChannels\": \\[[^\\]]*\\],", "");
        File.WriteAllText(path, text.Replace("{", "{\n  " + entry + ",", StringComparison.Ordinal));
        CommandRun.Of("train", "--resume", "--out", run).IsUsageFault(path);
        CommandRun.Of("generate", run, "a star", "--out", folder["x.png"]).IsUsageFault(path);
        CommandRun.Of("eval", run).IsUsageFault(path);
    }

    [Test]
    public void A_configuration_of_broken_text_is_told()
    {
        string run = Trained(), path = Path.Combine(run, "config.json");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf("shapes"u8)] = 0xFF;
        File.WriteAllBytes(path, bytes);
        CommandRun.Of("train", "--resume", "--out", run).IsUsageFault(path);
    }

    [Test]
    public void A_table_of_times_that_is_null_is_told()
    {
        string run = Trained();
        File.WriteAllText(Path.Combine(run, "times.json"), "null");
        CommandRun.Of("train", "--resume", "--out", run).IsUsageFault("times.json");
    }

    /// <summary>A terminal that hangs up, a system that shuts down, a person who presses Ctrl-C: the step is finished and saved.</summary>
    [TestCase("HUP", 1)]
    [TestCase("INT", 2)]
    [TestCase("TERM", 15)]
    [Platform(Exclude = "Win")]
    public void A_signal_saves_a_checkpoint(string signal, int number)
    {
        if (IsIgnored(number))
            Assert.Ignore($"the tests were started with nohup or in the background: what they start ignores SIG{signal} too");
        string run = folder["run"];
        using var program = Process.Start(new ProcessStartInfo("dotnet",
        [
            typeof(Application).Assembly.Location, "train", "--out", run, "--preset", "tiny", "--set",
            "textSteps=1000000", "checkpointEvery=1000000",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        while (program.StandardError.ReadLine() is { } line && !line.StartsWith("text  ", StringComparison.Ordinal))
            continue;
        Process.Start("kill", [$"-{signal}", $"{program.Id}"]).WaitForExit();
        string rest = program.StandardError.ReadToEnd();
        program.WaitForExit();
        Assert.That(program.ExitCode, Is.EqualTo(ExitCode.Failed), rest);
        Assert.That(rest, Does.Contain("a checkpoint is saved").And.Contain($"dalle2 train --resume --out {run}"));
        Assert.That(Directory.GetFiles(Path.Combine(run, "checkpoints", "text"), "step-*.safetensors"), Has.Length.EqualTo(1));
    }

    // Bit 0 of the mask is signal 1; where there is no such file, nobody knows.
    static bool IsIgnored(int signal) => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").Where(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            .Any(line => (Convert.ToUInt64(line[7..].Trim(), 16) >> (signal - 1)) % 2 == 1);

    string Trained()
    {
        string run = folder["trained"];
        CommandRun.Of(["train", "--out", run, .. TextAlone]).Succeeded();
        return run;
    }
}
