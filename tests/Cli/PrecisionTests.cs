using Dalle2.Cli;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Data;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Tests.Training;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Runs;

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
        CommandRun.Of(["train", "--data", "shapes", "--out", run, "--precision", "tf32", .. CommandRun.FewSteps]).IsUsageFault(Refusal);
        Assert.That(Directory.Exists(run), Is.False);
        CommandRun.Of("demo", "--preset", "tiny", "--out", run, "--precision", "tf32").IsUsageFault(Refusal);
        Assert.That(Directory.Exists(run), Is.False);
        CommandRun.Of("bench", "--quick", "--op", "Gemm", "--precision", "tf32").IsUsageFault(Refusal);
        CommandRun.Of("profile", "--preset", "tiny", "--precision", "tf32").IsUsageFault(Refusal);
        CommandRun.Of("generate", run, "a star", "--precision", "tf32").IsUsageFault(Refusal);
        CommandRun.Of("eval", run, "--precision", "tf32").IsUsageFault(Refusal);
        CommandRun.Of("bench", "--quick", "--op", "Reduction", "--device", "reference", "--precision", "bf16")
            .IsUsageFault("reference: precision bf16 needs");
    }

    [TestCase("train")]
    [TestCase("generate", "run", "a star")]
    [TestCase("bench")]
    [TestCase("eval", "run")]
    public void Another_word_is_told_with_those_there_are(params string[] verb) =>
        CommandRun.Of([.. verb, "--precision", "fp16"]).IsUsageFault("--precision fp16", "float32, tf32, bf16");

    [Test]
    public void A_configuration_keeps_it_and_leaves_the_default_out()
    {
        TrainingConfig config = ModelFamily.Default.Preset("tiny");
        using (RunFolder plain = RunFolder.Create(folder["plain"], config with { Precision = Precision.Float32 }))
            Assert.That(File.ReadAllText(plain.ConfigPath), Does.Not.Contain("precision"));
        using RunFolder fast = RunFolder.Create(folder["fast"], config with { Precision = Precision.Bf16 });
        Assert.That(File.ReadAllText(fast.ConfigPath), Does.Contain("\"precision\": \"Bf16\""));
        Assert.That(RunConfig.Read(fast).Precision, Is.EqualTo(Precision.Bf16));
        Assert.That(fast.ConfigDifferences(config), Has.Exactly(1).Contains("precision"));
        Assert.That(ConfigSettings.Set(config, "precision=tf32").Precision, Is.EqualTo(Precision.Tf32));
    }

    [Test]
    public void A_picture_tells_it_if_it_is_not_float32()
    {
        var picture = new PictureFile("a star", 1, 0, [new("temperature", "1")], "run", "0123", "1.0.0", Precision.Tf32);
        var image = new Image(2, 2);
        PictureFile read = PictureFile.Read("x.png", picture.Encode(image));
        Assert.That(read.Sampling, Is.EqualTo(picture.Sampling));
        Assert.That(read, Is.EqualTo(picture with { Sampling = read.Sampling }));
        byte[] plain = (picture with { Precision = Precision.Float32 }).Encode(image);
        Assert.That(PngText.Read(plain).Select(chunk => chunk.Key), Has.None.EqualTo("precision"));
        Assert.That(PictureFile.Read("x.png", plain).Precision, Is.EqualTo(Precision.Float32));
    }

    // Rounded products lead elsewhere, but not far.
    [Test]
    public void Losses_of_the_whole_model_on_matrix_units_stay_near_those_in_float32(
    [Values(Precision.Tf32, Precision.Bf16)] Precision precision)
    {
        using Device cpu = Device.Open("cpu"), card = StandInDevice.Open(new StandInDriver { Capability = 80 });
        card.Precision = precision;
        Assert.That(card.Label, Is.EqualTo($"cuda:0 {(precision == Precision.Tf32 ? "tf32" : "bf16")}"));
        using TrainingSteps exact = new(cpu, ClassicFamily.FineTune), fast = new(card, ClassicFamily.FineTune);
        for (int step = 0; step < 2; step++)
        {
            double expected = exact.Run(step), loss = fast.Run(step);
            TestContext.Out.WriteLine($"{precision}, step {step}: loss {loss:R}, in float32 {expected:R}");
            Assert.That(loss, Is.Not.EqualTo(expected).And.EqualTo(expected).Within(precision == Precision.Tf32 ? 0.01 : 0.1).Percent);
        }
    }
}
