using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Gpu.Runtime;
using Dalle2.Perf;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Tests.Training;

/// <summary>unCLIP from captions to pictures: the same bits everywhere, across stops, and from a picture's own text chunks.</summary>
public partial class UnclipTests
{
    static readonly string[] Prompts =
        ["a large red square at the center on a black background", "a small green circle at the top on a white background"];

    TemporaryFolder folder = null!;
    string run = "";

    // Without an upsampler, what is drawn from a picture can be held against it.
    string small = "";
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
        UpsamplerSteps = 6,
        CheckpointEvery = 4,
    };

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        run = folder["run"];
        checkpoints = Train("cpu", 2, run);
        small = folder["small"];
        Train("cpu", 2, small, (UnclipConfig)Config with { Upsamplers = 0 });
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
    [TestCase(23)]
    public void A_run_that_is_stopped_and_resumed_ends_with_the_same_bits(int steps)
    {
        string path = folder[$"stopped{steps}"];
        using var stop = new CancellationTokenSource();
        var request = new TrainingRequest { Config = Config, OutputFolder = path, Threads = 2 };
        Assert.Throws<OperationCanceledException>(() => TrainingSession.Run(request, new StoppingObserver(stop, steps), stop.Token));
        TrainingSession.Run(request with { Config = null, Resume = true }, new SilentObserver());
        Assert.That(Read(path), Is.EqualTo(checkpoints));
    }

    [TestCase("--sampler", "dpm")]
    [TestCase("--sampler", "ddpm")]
    [TestCase("--eta", "0.5")]
    public void A_drawing_is_the_same_alone_and_with_others_and_from_its_own_text(string option, string value)
    {
        string all = folder[$"all-{value}.png"], third = folder[$"all-{value}-3.png"];
        CommandRun.Of("generate", run, Prompts[0], "--count", "3", "--out", all, "--steps", "3", option, value).Succeeded();
        Assert.That((bool)CommandRun.Of("generate", "--again", third, "--device", "reference", "--out", folder["again.png"], "--json")
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
        Assert.That(Draw("resized.png", "--upsampler-steps", "0"), Is.Not.EqualTo(plain));
        Assert.That(Draw("text.png", "--from-text-only", "yes"), Is.Not.EqualTo(plain));
        Assert.That(Draw("seed.png", "--seed", "2"), Is.Not.EqualTo(plain));
        byte[] noisy = Draw("ddpm.png", "--sampler", "ddpm"), half = Draw("half.png", "--eta", "0.5");
        Assert.That(half, Is.Not.EqualTo(plain).And.Not.EqualTo(noisy));
        Assert.That(Draw("whole.png", "--eta", "1"), Is.EqualTo(noisy).And.Not.EqualTo(plain));
        CommandRun.Of("generate", run, Prompts[0], "--out", folder["x.png"], "--sampler", "dpm", "--eta", "0.5")
            .IsUsageFault("--eta 0.5", "not to dpm");
        CommandRun.Of(["generate", run, Prompts[0], "--out", folder["x.png"], "--steps", "0"])
            .IsUsageFault("a whole number from 1 to 1000");
    }

    [Test]
    public void A_picture_is_varied_and_what_lies_between_two_is_drawn()
    {
        string first = folder["first.png"], second = folder["second.png"];
        CommandRun.Of(["generate", run, Prompts[0], "--out", first, "--steps", "2"]).Succeeded();
        CommandRun.Of(["generate", run, Prompts[1], "--out", second, "--steps", "2", "--seed", "3"]).Succeeded();
        CommandRun.Of("variations", run, first, "--count", "3", "--steps", "2", "--sheet", "--out", folder["vary.png"]).Succeeded();
        byte[][] varied = [.. Enumerable.Range(1, 3).Select(i => PictureDecoder.Decode(folder[$"vary-{i}.png"]).Rgba)];
        Assert.That(varied.Select(Convert.ToBase64String), Is.Unique);
        Assert.That(File.Exists(folder["vary-sheet.png"]));
        CommandRun.Of("interpolate", run, first, Prompts[1], "--count", "3", "--steps", "2", "--out", folder["between.png"]).Succeeded();
        // From the same noise, the beginning is the first variation; the end is what the prompt gives.
        Assert.That(PictureDecoder.Decode(folder["between-1.png"]).Rgba, Is.EqualTo(varied[0]));
        CommandRun.Of(["generate", run, Prompts[1], "--out", folder["end.png"], "--steps", "2"]).Succeeded();
        Assert.That(PictureDecoder.Decode(folder["between-3.png"]).Rgba, Is.EqualTo(PictureDecoder.Decode(folder["end.png"]).Rgba));
        foreach (string file in new[] { "vary-2.png", "between-2.png" })
        {
            Assert.That((bool)CommandRun.Of("generate", "--again", folder[file], "--out", folder["once more.png"], "--json")
                .Succeeded().Json["identical"]!);
        }

        CommandRun.Of("variations", run, folder["none.png"]).IsUsageFault("there is no such file");
        File.WriteAllText(folder["no.png"], "no picture");
        CommandRun.Of("variations", run, folder["no.png"]).IsUsageFault("no picture that can be read");
    }

    [Test]
    public void Of_several_drawings_the_nearest_to_the_prompt_is_kept()
    {
        string kept = folder["kept.png"], all = folder["all.png"];
        CommandRun.Of("generate", run, Prompts[0], "--steps", "2", "--rerank", "4", "--out", kept).Succeeded();
        CommandRun.Of("generate", run, Prompts[0], "--steps", "2", "--count", "4", "--out", all).Succeeded();
        int number = int.Parse(PngText.Read(File.ReadAllBytes(kept)).Single(chunk => chunk.Key == "number").Value);
        Assert.That(PictureDecoder.Decode(kept).Rgba, Is.EqualTo(PictureDecoder.Decode(folder[$"all-{number + 1}.png"]).Rgba));
        using Device device = Device.Open("cpu", 1);
        using PictureGenerator generator = PictureGenerator.Open(run, device);
        float[] scores = generator.Score(Prompts[0],
            [.. Enumerable.Range(1, 4).Select(i => ImageTransform.ToFloats(PictureDecoder.Decode(folder[$"all-{i}.png"])))]);
        Assert.That(scores, Has.All.InRange(-1.001f, 1.001f));
        // Files have 8 bits.
        Assert.That(scores[number], Is.EqualTo(scores.Max()).Within(0.01));
    }

    [Test]
    public void Between_two_vectors_the_way_is_along_a_circle()
    {
        float[] between = Dalle2.Cli.SphericalInterpolation.Between([2, 0], [0, 2], 1.0 / 3);
        Assert.That(between, Is.EqualTo(new[] { 2 * MathF.Cos(MathF.PI / 6), 2 * MathF.Sin(MathF.PI / 6) }).Within(1e-6f));
        Assert.That(Dalle2.Cli.SphericalInterpolation.Between([1, 1], [1, 1], .5), Is.EqualTo(new[] { 1f, 1f }).Within(1e-6f));
    }

    [Test]
    public void A_transformer_reads_captions_too()
    {
        TrainingConfig config = (UnclipConfig)Config with { TextLayers = 2, TextHeads = 2 };
        byte[][] one = Train("cpu", 1, folder["transformer1"], config), two = Train("cpu:256", 2, folder["transformer2"], config);
        Assert.That(two, Is.EqualTo(one));
        Assert.That(one[0], Is.Not.EqualTo(checkpoints[0]));
        CommandRun.Of("generate", folder["transformer1"], Prompts[0], "--steps", "2", "--out", folder["read.png"]).Succeeded();
    }

    [Test]
    public void A_run_without_its_prior_does_not_draw()
    {
        string parts = folder["parts"];
        CommandRun.Of("train", "--model", "unclip", "--preset", "tiny", "--set", "samples=32", "--stage", "decoder", "--out", parts)
            .Succeeded();
        CommandRun.Of("generate", parts, Prompts[0], "--out", folder["x.png"]).IsUsageFault("stage clip", "not trained yet");
    }

    [Test]
    public void A_varied_picture_has_its_own_embedding()
    {
        var varied = (UnclipConfig)Config with { Upsamplers = 0, PriorSteps = 0, AugmentMirror = true };
        byte[][] mirrored = Train("cpu", 2, folder["mirrored"], varied);
        Assert.That(Train("cpu:128", 1, folder["mirrored-narrow"], varied), Is.EqualTo(mirrored));
    }

    [Test]
    public void Pictures_are_drawn_again_from_the_components_of_their_embeddings()
    {
        JsonNode probe = CommandRun.Of("eval", run, "--count", "5", "--probe", "3", "--steps", "2", "--json").Succeeded().Json["probe"]!;
        Assert.That((int)probe["n"]!, Is.EqualTo(3));
        JsonNode[] rows = [.. probe["rows"]!.AsArray().Select(row => row!)];
        Assert.That(rows.Select(row => (int)row["components"]!), Is.EqualTo(new[] { 1, 2, 4, 8, 16 }));
        double[] variances = [.. rows.Select(row => (double)row["variance"]!)];
        Assert.That(variances, Is.Ordered);
        Assert.That(variances[0], Is.GreaterThan(1.0 / 16));
        Assert.That(variances[^1], Is.EqualTo(1).Within(1e-9));
        Assert.That(rows[0]["shares"]!.AsObject().Select(pair => pair.Key), Does.Contain("shape").And.Contain("all"));
        Assert.That(PictureDecoder.Decode((string)probe["sheet"]!).Height, Is.GreaterThan(3 * 96));
        Assert.That(File.ReadAllText(Path.Combine(run, "report.html")), Does.Contain("in the components of an image embedding"));
        Assert.That(CommandRun.Of("eval", run, "--count", "2", "--steps", "2", "--json").Succeeded().Json["probe"], Is.Null);
    }

    [Test]
    public void It_is_evaluated_by_its_drawings_and_by_retrieval()
    {
        var json = CommandRun.Of("eval", run, "--count", "16", "--json").Succeeded().Json;
        Assert.That(json["retrieval"], Is.Not.Null);
        Assert.That(json["attributes"]!.AsObject(), Is.Not.Empty);
    }

    [Test]
    public void Each_stage_is_examined_on_held_out_samples()
    {
        var health = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "health.json")))!.AsObject();
        Assert.That(health.Select(stage => stage.Key), Is.EqualTo((string[])["clip", "prior", "decoder", "upsampler"]));
        double Of(string stage, string figure) => (double)health[stage]!["figures"]![figure]!;
        // Predicting v, of which alpha^2 is noise, by nothing: more where there is little noise.
        Assert.That(Of("decoder", "nothing1"), Is.GreaterThan(.8));
        Assert.That(Of("decoder", "nothing4"), Is.InRange(.1, 1));
        Assert.That(Of("decoder", "loss1"), Is.InRange(0, 2));
        Assert.That(Of("clip", "chance"), Is.InRange(1.0 / 128, 2.0 / 128));
        Assert.That(Of("upsampler", "bilinear"), Is.InRange(5, 60));
        Assert.That(File.ReadAllText(Path.Combine(run, "report.html")), Does.Contain("Health of the stages"));
    }

    [Test]
    public void A_stage_at_chance_stops_the_run_unless_it_shall_go_on()
    {
        // So small a rate learns nothing.
        TrainingConfig config = (UnclipConfig)Config with { LearningRate = 1e-12f, ClipSteps = 100, PriorSteps = 2, DecoderSteps = 2 };
        var request = new TrainingRequest { Config = config, OutputFolder = folder["chance"] };
        Assert.That(() => TrainingSession.Run(request, new SilentObserver()), Throws.TypeOf<StageAtChanceException>()
            .With.Message.Contains("stage 'clip'").And.Message.Contains("clipSteps").And.Message.Contains("--anyway"));
        // Resumed, it is still so.
        request = request with { Config = null, Resume = true };
        Assert.That(() => TrainingSession.Run(request, new SilentObserver()), Throws.TypeOf<StageAtChanceException>());
        TrainingResult result = TrainingSession.Run(request with { Anyway = true }, new SilentObserver());
        Assert.That(result.Steps, Is.EqualTo(2 + 2 + 6));
    }

    [Test]
    public void It_is_measured_beside_a_run_of_another_family()
    {
        string other = folder["mean"];
        CommandRun.Of("train", "--model", "mean-color", "--data", "shapes", "--out", other).Succeeded();
        var alone = CommandRun.Of("eval", other, "--count", "12", "--brightness", "0.5", "--json").Succeeded().Json;
        Dictionary<string, byte[]> before = Contents(other);
        // An option goes to the run that takes it.
        CommandRun both = CommandRun.Of("eval", run, "--beside", other, "--count", "12", "--steps", "2", "--brightness", "0.5",
            "--out", folder["both.png"], "--json").Succeeded();
        var beside = both.Json["beside"]!;
        Assert.That((string)beside["run"]!, Is.EqualTo(other));
        foreach (string key in new[] { "attributes", "choices", "memorization" })
        {
            var (found, expected) = (beside[key], alone[key]);
            (found as JsonObject)?.Remove("sheet");
            (expected as JsonObject)?.Remove("sheet");
            Assert.That(found!.ToJsonString(), Is.EqualTo(expected!.ToJsonString()), key);
        }

        Assert.That(beside["distances"]!["clip"]!["floor"]!.ToJsonString(),
            Is.EqualTo(both.Json["distances"]!["clip"]!["floor"]!.ToJsonString()));
        Assert.That(beside["distances"]!["clip"]!["drawn"]!.ToJsonString(),
            Is.Not.EqualTo(both.Json["distances"]!["clip"]!["drawn"]!.ToJsonString()));
        Assert.That(Contents(other), Is.EqualTo(before), "nothing is written there");
        Assert.That(File.ReadAllText(Path.Combine(run, "report.html")), Does.Contain("Beside another run").And.Contain(other));
        CommandRun table = CommandRun.Of("eval", run, "--beside", other, "--count", "4", "--steps", "2").Succeeded();
        Assert.That(table.Output, Does.Contain($"Beside {other}").And.Contain("drawn: shape").And.Contain("FID: clip"));

        CommandRun turned = CommandRun.Of("eval", other, "--beside", run, "--count", "4", "--steps", "2").Succeeded();
        Assert.That(turned.Output, Does.Match("caption to picture, first +- +[01]"), "what one of the two has alone is told too");

        CommandRun.Of("eval", run, "--beside", other, "--temperature", "1").IsUsageFault("--temperature", "unclip");
        string pairs = folder["pairs"];
        CommandRun.Of("train", "--model", "mean-color", "--data", "shapes2", "--out", pairs).Succeeded();
        CommandRun.Of("eval", run, "--beside", pairs).IsUsageFault(pairs, "shapes2", "--beside");
    }

    [Test]
    public void Its_image_encoder_can_be_taken_to_compare_pictures_by()
    {
        string file = folder["encoder.safetensors"];
        using StringWriter output = new(), error = new();
        int code = Application.Run(new PerfCommand(), ["features", run, "--out", file, "--json"], output, error, default);
        Assert.That(code, Is.EqualTo(ExitCode.Ok), error.ToString());
        Checkpoint stored = Checkpoint.Load(file, "unclip");
        Assert.That((string)JsonNode.Parse(output.ToString())!["hash"]!, Is.EqualTo(stored.Hash));
        Assert.That(stored.Tensors.Select(tensor => tensor.Name), Has.All.Match("^(image|contrast.image)\\."));
        using Device device = Device.Open("cpu", 1);
        using var features = new ClipFeatures(device, stored);
        using PictureGenerator generator = PictureGenerator.Open(run, device);
        // CLIP sees means over four pixels, which are alike here.
        float[][] pictures = [.. Enumerable.Range(0, 3).Select(i => (float[])
        [
            .. Enumerable.Range(0, 16 * 16 * 3).Select(p => (i * 40 + (p / 96 * 24 + p % 48 / 6 * 3 + p % 3) * 7 % 100) / 255f),
        ])];
        IReadOnlyList<float[]> embeddings = generator.Embed(pictures), rows = features.Of(PictureBytes.Of(pictures, 16));
        for (int i = 0; i < pictures.Length; i++)
            Assert.That(rows[i], Is.EqualTo(embeddings[i]).Within(1e-5f));
        Assert.That(() => new ClipFeatures(device, new Checkpoint(stored.Info, stored.Tensors)), Throws.TypeOf<UserInputException>());
        using StringWriter nothing = new(), fault = new();
        Assert.That(Application.Run(new PerfCommand(), ["features", folder["none"], "--out", file], nothing, fault, default),
            Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void Settings_that_do_not_fit_are_refused()
    {
        (string Set, string Said)[] settings =
        [
            ("imageSide=12", "multiple of 4"), ("upsamplers=3", "upsamplers is 3"), ("imageSide=15", "do not halve"),
            ("upsamplerCrop=6", "multiples of 4"), ("upsamplerNoise=-1", "upsamplerNoise is -1"), ("decoderHeads=3", "does not divide"),
            ("textHeads=0", "textHeads is 0"), ("dropCondition=1", "dropCondition is 1"),
            ("emaDecay=2", "emaDecay is 2"),
        ];
        foreach (var (set, said) in settings)
        {
            CommandRun.Of("train", "--model", "unclip", "--preset", "tiny", "--set", set, "--out", folder["never"]).IsUsageFault(said);
        }
    }

    static Dictionary<string, byte[]> Contents(string path) =>
        Directory.GetFiles(path, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);

    static byte[][] Train(string device, int threads, string path, TrainingConfig? config = null)
    {
        TrainingSession.Run(
            new TrainingRequest { Config = config ?? Config, OutputFolder = path, Device = device, Threads = threads },
            new SilentObserver());
        return Read(path);
    }

    static byte[][] Read(string path) =>
    [
        .. ModelFamily.Get("unclip").Stages.Select(stage => Path.Combine(path, "checkpoints", stage.Name)).Where(Directory.Exists)
            .Select(stage => File.ReadAllBytes(Directory.GetFiles(stage, "final-*").Single())),
    ];
}
