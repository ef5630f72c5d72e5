using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Models.Unclip;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

/// <summary>The forms of unCLIP's prior beside its default: the same bits everywhere and across stops, drawings that do not depend on others, and the options of drawing.</summary>
[TestFixture(PriorKind.Transformer, 0)]
[TestFixture(PriorKind.Transformer, 1)]
[TestFixture(PriorKind.Autoregressive, 0)]
public class PriorFormsTests(PriorKind kind, int textLayers)
{
    static readonly string[] Prompts = ["a small green circle", "a large red square at the center on a black background"];

    TemporaryFolder folder = null!;
    string run = "";
    byte[] prior = [];

    // The stage alone, on a CLIP as it is at the start.
    UnclipConfig Config => (UnclipConfig)ModelFamily.Get("unclip").Preset("tiny") with
    {
        Samples = 12,
        EncoderChannels = [2, 2],
        DecoderChannels = [4],
        MaxWords = 12,
        PriorBatch = 4,
        ClipSteps = 0,
        PriorSteps = 4,
        DecoderSteps = 0,
        Upsamplers = 0,
        CheckpointEvery = 2,
        PriorWidth = 16,
        PriorBlocks = 1,
        Prior = kind,
        TextLayers = textLayers,
        TextHeads = 2,
    };

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        prior = Train("cpu", 2, folder["stage"], Config);
        run = folder["run"];
        Train("cpu", 2, run, Config with { ClipSteps = 1, DecoderSteps = 1 });
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [TestCase("reference", 0)]
    [TestCase("cpu", 1)]
    [TestCase("cpu:128", 3)]
    [TestCase("opencl:0", 0)]
    public void Each_device_trains_to_the_same_checkpoint(string device, int threads)
    {
        if (device.StartsWith("opencl") && !Device.All().Any(one => one is { Kind: "opencl", Available: true }))
            Assert.Ignore("no OpenCL driver: install pocl-opencl-icd");
        Assert.That(Train(device, threads, folder[$"{device.Replace(':', '-')}{threads}"], Config), Is.EqualTo(prior));
    }

    // Before the first checkpoint and behind it.
    [TestCase(1)]
    [TestCase(3)]
    public void A_run_that_is_stopped_and_resumed_ends_with_the_same_bits(int steps)
    {
        string path = folder[$"stopped{steps}"];
        using var stop = new CancellationTokenSource();
        var request = new TrainingRequest { Config = Config, OutputFolder = path, Threads = 2 };
        Assert.Throws<OperationCanceledException>(() => TrainingSession.Run(request, new StoppingObserver(stop, steps), stop.Token));
        TrainingSession.Run(request with { Config = null, Resume = true }, new SilentObserver());
        Assert.That(Read(path), Is.EqualTo(prior));
    }

    // The two prompts have different lengths.
    [Test]
    public void A_drawing_is_the_same_alone_and_with_others_and_from_its_own_text()
    {
        string both = folder["both.png"], alone = folder["alone.png"];
        CommandRun.Of(["generate", run, .. Prompts, "--out", both, "--steps", "2", "--prior-guidance", "2"]).Succeeded();
        CommandRun.Of(["generate", run, Prompts[0], "--out", alone, "--steps", "2", "--prior-guidance", "2"]).Succeeded();
        Assert.That(PictureDecoder.Decode(folder["both-1.png"]).Rgba, Is.EqualTo(PictureDecoder.Decode(alone).Rgba));
        Assert.That((bool)CommandRun.Of("generate", "--again", alone, "--out", folder["again.png"], "--json")
            .Succeeded().Json["identical"]!);
    }

    [Test]
    public void Each_option_of_the_prior_changes_what_it_draws_or_is_refused()
    {
        using Device device = Device.Open("cpu", 1);
        using PictureGenerator generator = PictureGenerator.Open(run, device);
        float[] Draw(string name, string value) => generator.EmbedPrompts([Prompts[0]], 1, 0, SamplerSettings.Of(
            generator.Family, new Dictionary<string, string> { [name] = value }))[0];

        float[] plain = Draw("prior-guidance", "1");
        Assert.That(Draw("prior-guidance", "3"), Is.Not.EqualTo(plain));
        (string taken, string refused) = kind == PriorKind.Autoregressive
            ? ("prior-temperature", "prior-steps") : ("prior-steps", "prior-temperature");
        Assert.That(Draw(taken, "3"), Is.Not.EqualTo(plain));
        Assert.That(() => Draw(refused, "3"), Throws.TypeOf<UserInputException>().With.Message.Contains($"--{refused} 3"));
    }

    static byte[] Train(string device, int threads, string path, UnclipConfig config)
    {
        TrainingSession.Run(
            new TrainingRequest { Config = config, OutputFolder = path, Device = device, Threads = threads }, new SilentObserver());
        return Read(path);
    }

    static byte[] Read(string path) =>
        File.ReadAllBytes(Directory.GetFiles(Path.Combine(path, "checkpoints", UnclipFamily.Prior), "final-*").Single());
}
