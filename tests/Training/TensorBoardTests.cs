using Dalle2.Data.Pictures;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

/// <summary>What TensorBoard is given, read by another reader.</summary>
public sealed class TensorBoardTests
{
    static TrainingConfig Config => ModelFamily.Default.Preset("tiny") with { Samples = 64, Batch = 8, CheckpointEvery = 6, LogEvery = 2 };

    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    [Test]
    public void The_reader_has_the_right_checksum()
    {
        Assert.That(EventFileReader.Checksum("123456789"u8), Is.EqualTo(0xE3069283));
        Assert.That(EventFileReader.Checksum(new byte[32]), Is.EqualTo(0x8A9136AA));
    }

    [Test]
    public void A_run_that_was_killed_and_resumed_has_the_figures_of_its_log()
    {
        string run = folder["run"];
        using var stop = new CancellationTokenSource();
        // The 37th step is the 17th of the second stage, whose last checkpoint is the 12th: it is stopped with one of the 17th.
        var request = new TrainingRequest { Config = Config, OutputFolder = run, Threads = 2, TensorBoard = true };
        Assert.Throws<OperationCanceledException>(() => TrainingSession.Run(request, new StoppingObserver(stop, 37), stop.Token));
        // As if killed: without that checkpoint, and in the middle of the last record, the 16th step's; the 14th is done again.
        string images = Path.Combine(run, "checkpoints", "image");
        File.Delete(Directory.GetFiles(images, "*17.safetensors").Single());
        string first = Directory.GetFiles(Path.Combine(run, "tensorboard", "image")).Single();
        int whole = EventFileReader.Read(first).Count;
        using (var file = new FileStream(first, FileMode.Open))
            file.SetLength(file.Length - 7);
        Assert.That(EventFileReader.Read(first), Has.Count.EqualTo(whole - 1));
        TrainingSession.Run(request with { Config = null, Resume = true }, new SilentObserver());

        using RunFolder read = RunFolder.Open(run);
        Assert.That(Directory.GetFiles(Path.Combine(run, "tensorboard", "image")), Has.Length.EqualTo(2));
        Assert.That(Directory.GetFiles(Path.Combine(run, "tensorboard", "text")), Has.Length.EqualTo(1));
        string[] stages = [.. ModelFamily.Default.Stages.Select(stage => stage.Name)];
        Assert.That(Directory.GetDirectories(Path.Combine(run, "tensorboard")).Select(Path.GetFileName), Is.EquivalentTo(stages));
        foreach (string stage in stages)
        {
            SortedDictionary<long, Dictionary<string, float>> shown = Shown(run, stage);
            LogEntry[] logged = [.. read.Log.Read().Where(entry => entry.Stage == stage)];
            Assert.That(shown.Keys, Is.EqualTo(logged.Select(entry => entry.Step)), stage);
            foreach (LogEntry entry in logged)
            {
                Dictionary<string, float> figures = shown[entry.Step];
                Assert.That(figures["picturesPerSecond"], Is.GreaterThan(0));
                figures.Remove("picturesPerSecond");
                Assert.That(figures.Keys, Is.EquivalentTo(entry.Values.Select(value => value.Key)).And.Contains("gradientNorm"));
                foreach (var (name, value) in entry.Values)
                    Assert.That(figures[name], Is.EqualTo((float)value), $"{stage} {entry.Step} {name}");
            }
        }
    }

    [Test]
    public void Pictures_captions_health_and_settings_are_there()
    {
        string run = folder["run"];
        CommandRun trained = CommandRun.Of(["train", "--model", "unclip", "--out", run, "--log", "tensorboard", "--preset", "tiny", "--set",
            "samples=64", "clipSteps=4", "priorSteps=4", "decoderSteps=4", "upsamplerSteps=2"]).Succeeded();
        Assert.That(trained.Error, Does.Contain("for TensorBoard: "));
        List<EventFileReader.Event> events =
            EventFileReader.Read(Directory.GetFiles(Path.Combine(run, "tensorboard", "decoder")).Single());
        Assert.That(events[0].Version, Is.EqualTo("brain.Event:2"));
        Assert.That(events.Select(one => one.Time), Is.Ordered);
        Assert.That(DateTime.UnixEpoch.AddSeconds(events[0].Time), Is.EqualTo(DateTime.UtcNow).Within(1).Hours);
        Assert.That(events[2].Texts["configuration"], Does.Contain("| decoderSteps | 4 |").And.Contain("| data | shapes |"));

        var (height, width, file) = events.Single(one => one.Pictures.Count > 0).Pictures["samples"];
        Image sheet = PictureDecoder.Decode(file), saved = PictureDecoder.Decode(Path.Combine(run, "samples", "decoder.png"));
        Assert.That((width, height), Is.EqualTo((saved.Width, saved.Height)));
        Assert.That(sheet.Rgba, Is.EqualTo(saved.Rgba));
        Assert.That(events.Single(one => one.Texts.ContainsKey("samples/captions")).Texts["samples/captions"],
            Does.StartWith("1. a ").And.Contain("\n12. a "));

        var health = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(run, "health.json")))!.AsObject();
        Assert.That(health, Is.Not.Empty);
        foreach (var (stage, known) in health)
        {
            EventFileReader.Event told = EventFileReader.Read(Directory.GetFiles(Path.Combine(run, "tensorboard", stage)).Single())
                .Single(one => one.Scalars.Keys.Any(tag => tag.StartsWith("health/", StringComparison.Ordinal)));
            Assert.That(told.Scalars, Is.EquivalentTo(known!["figures"]!.AsObject()
                .Select(figure => KeyValuePair.Create($"health/{figure.Key}", (float)(double)figure.Value!))), stage);
        }
    }

    [Test]
    public void Without_being_asked_for_there_is_none_and_other_kinds_are_refused()
    {
        CommandRun.Of(["train", "--out", folder["run"], .. CommandRun.FewSteps, "--stage", "text"]).Succeeded();
        Assert.That(Directory.Exists(folder["run/tensorboard"]), Is.False);
        CommandRun.Of("train", "--out", folder["other"], "--log", "tensorbord").IsUsageFault("tensorbord", "Did you mean tensorboard?");
        Assert.That(Directory.Exists(folder["other"]), Is.False);
    }

    // As TensorBoard does: files in the order of their names; each session but the first takes back its own step and those behind it.
    static SortedDictionary<long, Dictionary<string, float>> Shown(string run, string stage)
    {
        var shown = new SortedDictionary<long, Dictionary<string, float>>();
        bool isStarted = false;
        foreach (EventFileReader.Event one in Directory.GetFiles(Path.Combine(run, "tensorboard", stage), "*tfevents*")
            .Order(StringComparer.Ordinal).SelectMany(EventFileReader.Read))
        {
            if (one.IsSession && isStarted)
            {
                foreach (long step in shown.Keys.Where(step => step >= one.Step).ToArray())
                    shown.Remove(step);
            }

            isStarted |= one.IsSession;

            if (one.Scalars.ContainsKey("loss"))
                shown.Add(one.Step, one.Scalars);
        }

        return shown;
    }
}
