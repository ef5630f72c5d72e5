using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

/// <summary>unCLIP from captions to pictures: the same bits everywhere, across stops, and from a picture's own text chunks.</summary>
public class UnclipTests
{
    static readonly string[] Prompts =
        ["a large red square at the center on a black background", "a small green circle at the top on a white background"];

    TemporaryFolder folder = null!;
    string run = "";
    byte[][] checkpoints = [];

    static TrainingConfig Config => (UnclipConfig)ModelFamily.Get("unclip").Preset("tiny") with
    {
        Samples = 48,
        Batch = 6,
        ClipBatch = 8,
        PriorBatch = 10,
        ClipSteps = 6,
        PriorSteps = 6,
        DecoderSteps = 6,
        CheckpointEvery = 4,
    };

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        run = folder["run"];
        checkpoints = Train("cpu", 2, run);
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [TestCase("reference", 0)]
    [TestCase("cpu", 1)]
    [TestCase("cpu:128", 3)]
    [TestCase("opencl:0", 0)]
    public void Each_device_trains_to_the_same_checkpoints(string device, int threads)
    {
        if (device.StartsWith("opencl") && !Device.All().Any(one => one is { Kind: "opencl", Available: true }))
            Assert.Ignore("no OpenCL driver: install pocl-opencl-icd");
        Assert.That(Train(device, threads, folder[$"{device.Replace(':', '-')}{threads}"]), Is.EqualTo(checkpoints));
    }

    // Before the first checkpoint of a stage, behind one, in the next stage and in the last.
    [TestCase(3)]
    [TestCase(5)]
    [TestCase(9)]
    [TestCase(17)]
    public void A_run_that_is_stopped_and_resumed_ends_with_the_same_bits(int steps)
    {
        string path = folder[$"stopped{steps}"];
        using var stop = new CancellationTokenSource();
        var request = new TrainingRequest { Config = Config, OutputFolder = path, Threads = 2 };
        Assert.Throws<OperationCanceledException>(() => TrainingSession.Run(request, new StoppingObserver(stop, steps), stop.Token));
        TrainingSession.Run(request with { Config = null, Resume = true }, new SilentObserver());
        Assert.That(Read(path), Is.EqualTo(checkpoints));
    }

    [Test]
    public void A_drawing_is_the_same_alone_and_with_others_and_from_its_own_text()
    {
        string both = folder["both.png"], alone = folder["alone.png"];
        CommandRun.Of(["generate", run, .. Prompts, "--out", both, "--steps", "3", "--sampler", "dpm"]).Succeeded();
        CommandRun.Of(["generate", run, Prompts[1], "--out", alone, "--steps", "3", "--sampler", "dpm"]).Succeeded();
        Assert.That(PictureDecoder.Decode(folder["both-2.png"]).Rgba, Is.EqualTo(PictureDecoder.Decode(alone).Rgba));
        Assert.That((bool)CommandRun.Of("generate", "--again", alone, "--out", folder["again.png"], "--json")
            .Succeeded().Json["identical"]!);
    }

    [Test]
    public void Each_option_of_the_sampler_changes_the_drawing()
    {
        byte[] Draw(string name, params string[] options)
        {
            CommandRun.Of(["generate", run, Prompts[0], "--out", folder[name], "--steps", "3", .. options]).Succeeded();
            return PictureDecoder.Decode(folder[name]).Rgba;
        }

        byte[] plain = Draw("plain.png");
        Assert.That(Draw("guided.png", "--guidance", "6"), Is.Not.EqualTo(plain));
        Assert.That(Draw("dpm.png", "--sampler", "dpm"), Is.Not.EqualTo(plain));
        Assert.That(Draw("text.png", "--from-text-only", "yes"), Is.Not.EqualTo(plain));
        Assert.That(Draw("seed.png", "--seed", "2"), Is.Not.EqualTo(plain));
        CommandRun.Of(["generate", run, Prompts[0], "--out", folder["x.png"], "--steps", "0"])
            .IsUsageFault("a whole number from 1 to 1000");
    }

    [Test]
    public void It_is_evaluated_by_its_drawings_and_by_retrieval()
    {
        var json = CommandRun.Of("eval", run, "--count", "16", "--json").Succeeded().Json;
        Assert.That(json["retrieval"], Is.Not.Null);
        Assert.That(json["attributes"]!.AsObject(), Is.Not.Empty);
    }

    [Test]
    public void Settings_that_do_not_fit_are_refused()
    {
        (string Set, string Said)[] settings =
        [
            ("imageSide=18", "multiple of 4"), ("decoderHeads=3", "does not divide"), ("dropCondition=1", "dropCondition is 1"),
            ("emaDecay=2", "emaDecay is 2"),
        ];
        foreach (var (set, said) in settings)
        {
            CommandRun.Of("train", "--model", "unclip", "--preset", "tiny", "--set", set, "--out", folder["never"]).IsUsageFault(said);
        }
    }

    static byte[][] Train(string device, int threads, string path)
    {
        TrainingSession.Run(
            new TrainingRequest { Config = Config, OutputFolder = path, Device = device, Threads = threads }, new SilentObserver());
        return Read(path);
    }

    static byte[][] Read(string path) =>
    [
        .. ModelFamily.Get("unclip").Stages.Select(stage =>
            File.ReadAllBytes(Directory.GetFiles(Path.Combine(path, "checkpoints", stage.Name), "final-*").Single())),
    ];

    sealed class StoppingObserver(CancellationTokenSource stop, int after) : ITrainingObserver
    {
        int steps;

        public void Notice(string sentence)
        {
        }

        public void Preparing(int done, int total)
        {
        }

        public void Progress(TrainingProgress progress)
        {
            if (++steps == after)
                stop.Cancel();
        }

        public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
        {
        }
    }
}
