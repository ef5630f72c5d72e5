using Dalle2.Cli;
using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Data;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Training;
using Dalle2.Training.Stages;

namespace Dalle2.Tests.Cli;

/// <summary>The precision of products: asked for on the command line, refused where there are no matrix units, kept with what it made.</summary>
public class PrecisionTests
{
    const string Refusal = "cpu: precision tf32 needs an NVIDIA card from compute capability 8.0 on; leave --precision out";

    TemporaryFolder folder = null!;

    [SetUp]
    public void Create() => folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void A_device_without_matrix_units_refuses_and_leaves_nothing_behind()
    {
        string run = folder["run"];
        CommandRun.Of(["train", "--data", "shapes", "--out", run, "--precision", "tf32", .. CommandRun.FewSteps]).IsFault(ExitCode.Failed, Refusal);
        Assert.That(Directory.Exists(run), Is.False);
        CommandRun.Of("demo", "--preset", "tiny", "--out", run, "--precision", "tf32").IsFault(ExitCode.Failed, Refusal);
        Assert.That(Directory.Exists(run), Is.False);
        CommandRun.Of("bench", "--quick", "--op", "Gemm", "--precision", "tf32").IsFault(ExitCode.Failed, Refusal);
        CommandRun.Of("profile", "--preset", "tiny", "--precision", "tf32").IsFault(ExitCode.Failed, Refusal);
        CommandRun.Of("generate", run, "a star", "--precision", "tf32").IsFault(ExitCode.Failed, Refusal);
        CommandRun.Of("bench", "--quick", "--op", "Reduction", "--device", "reference", "--precision", "bf16").IsFault(ExitCode.Failed, "reference: precision bf16 needs");
    }

    [TestCase("train")]
    [TestCase("generate", "run", "a star")]
    [TestCase("bench")]
    public void Another_word_is_told_with_those_there_are(params string[] verb) =>
        CommandRun.Of([.. verb, "--precision", "fp16"]).IsUsageFault("--precision fp16", "float32, tf32, bf16");

    [Test]
    public void A_configuration_keeps_it_and_leaves_the_default_out()
    {
        TrainingConfig config = Presets.Get("tiny");
        using (RunFolder plain = RunFolder.Create(folder["plain"], config with { Precision = Precision.Float32 }))
            Assert.That(File.ReadAllText(plain.ConfigPath), Does.Not.Contain("precision"));
        using RunFolder fast = RunFolder.Create(folder["fast"], config with { Precision = Precision.Bf16 });
        Assert.That(File.ReadAllText(fast.ConfigPath), Does.Contain("\"precision\": \"Bf16\""));
        Assert.That(fast.ReadConfig<TrainingConfig>().Precision, Is.EqualTo(Precision.Bf16));
        Assert.That(fast.ConfigDifferences(config), Has.Exactly(1).Contains("precision"));
        Assert.That(Presets.Set(config, "precision=tf32").Precision, Is.EqualTo(Precision.Tf32));
    }

    [Test]
    public void A_picture_tells_it_if_it_is_not_float32()
    {
        var picture = new PictureFile("a star", 1, 0, 1f, "run", "0123", "1.0.0", Precision.Tf32);
        var image = new Image(2, 2, new byte[16]);
        Assert.That(PictureFile.Read("x.png", picture.Encode(image)), Is.EqualTo(picture));
        byte[] plain = (picture with { Precision = Precision.Float32 }).Encode(image);
        Assert.That(PngCodec.ReadText(plain).Select(chunk => chunk.Key), Has.None.EqualTo("precision"));
        Assert.That(PictureFile.Read("x.png", plain).Precision, Is.EqualTo(Precision.Float32));
    }

    // Rounded products lead elsewhere, but not far: after two steps of the whole model every tensor is still near.
    [Test]
    public void Steps_of_the_whole_model_on_matrix_units_stay_near_those_in_float32([Values(Precision.Tf32, Precision.Bf16)] Precision precision)
    {
        TrainingConfig config = Presets.Get("tiny") with { Samples = 8, Batch = 2 };
        float[] exact = Loss(Device.Open("cpu"), config), fast = Loss(Card(precision), config);
        Assert.That(fast, Is.Not.EqualTo(exact));
        Assert.That(fast.Zip(exact, (f, e) => Math.Abs(f - e) / Math.Abs(e)), Is.All.LessThan(precision == Precision.Tf32 ? 1e-3 : 1e-2));
    }

    static Device Card(Precision precision)
    {
        Device device = StandInDevice.Open(new StandInDriver { Capability = 80 });
        device.Precision = precision;
        Assert.That(device.Label, Is.EqualTo($"cuda:0 {(precision == Precision.Tf32 ? "tf32" : "bf16")}"));
        return device;
    }

    static float[] Loss(Device device, TrainingConfig config)
    {
        using (device)
        {
            using var training = new ProfiledTraining(device, config, StageNames.FineTune);
            var profiler = new StepProfiler();
            training.Step(profiler, 0);
            training.Step(profiler, 1);
            return training.Losses();
        }
    }
}
