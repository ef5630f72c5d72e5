using Dalle2.Data.Text;
using Dalle2.Export;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Export;

/// <summary>What each exported model gives for a batch, beside what the run's own parts give.</summary>
public class ModelExportTests
{
    static readonly string[] Prompts =
        ["a small red circle", "a large blue star at the top left on a navy background", "ring"];

    Device device = null!;
    Context context = null!;

    [OneTimeSetUp]
    public void Open()
    {
        device = Device.Open("cpu", 1);
        context = new Context(device);
    }

    [OneTimeTearDown]
    public void Close()
    {
        context.Dispose();
        device.Dispose();
    }

    [TestCase(ExportedRuns.Classic)]
    [TestCase(ExportedRuns.ClassicGru)]
    public void The_classic_model(string name)
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(name);
        using RunFolder folder = RunFolder.Open(run.Path);
        TrainedRun trained = TrainedRun.LoadToDraw(folder, device, _ => { });
        using var model = trained.Model;
        T Part<T>(string part) where T : Layer => (T)model.Stores.Single(store => store.Root.Name == part).Root;
        var (batch, tokens, extents) = Read(trained.Tokenizer);
        context.BeginStep(0, training: false);
        Tensor text = Part<TextEncoder>("text").Forward(context, batch.UploadTokens(context), batch.UploadLengths(context));
        var (mean, logVariance) = Part<TextPrior>("prior").Forward(context, text);
        int latent = mean.Cols;
        float[] z = Numbers("z", Prompts.Length * latent);
        Tensor code = context.Allocate(Prompts.Length, text.Cols + latent);
        ConcatenateOp.Join(context.Stream, [text, context.Upload(z, Prompts.Length, latent)], code);
        Tensor logits = Part<ImageDecoder>("decoder").Forward(context, code, text);
        Tensor pictures = name == ExportedRuns.Classic ? Activation.Sigmoid().Forward(context, logits) : logits;

        float[] features = OnnxSession.Run(File(run, "text-encoder"), ("tokens", tokens, extents))["features"];
        Same(features, text);
        Dictionary<string, float[]> prior = OnnxSession.Run(File(run, "prior"), ("features", features, [3, text.Cols]));
        Same(prior["mean"], mean);
        Same(prior["logVariance"], logVariance);
        Same(
            OnnxSession.Run(File(run, "decoder"), ("features", features, [3, text.Cols]), ("latent", z, [3, latent]))["picture"],
            pictures);
    }

    // With the encoders of the joint stage, which finetuning has moved on.
    [Test]
    public void The_classic_model_s_common_space()
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(ExportedRuns.Classic);
        using PictureGenerator generator = PictureGenerator.Open(run.Path, device);
        var (_, tokens, extents) = Read(generator.Tokenizer);
        int side = generator.Config.ImageSide;
        float[] picture = [.. Numbers("picture", side * side * 3).Select(value => Math.Clamp(value, 0f, 1f))];
        float[] captions = OnnxSession.Run(File(run, "clip-text"), ("tokens", tokens, extents))["embedding"],
            image = OnnxSession.Run(File(run, "clip-image"), ("picture", picture, [1, side, side, 3]))["embedding"];
        float[] found = [.. captions.Chunk(image.Length).Select(caption => caption.Zip(image, (x, y) => x * y).Sum())];
        Assert.That(found, Is.EqualTo(Prompts.Select(prompt => generator.Score(prompt, [picture])[0])).Within(1e-5f));
    }

    [Test]
    public void Without_a_joint_stage_its_encoders_are_left_out_and_told()
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(ExportedRuns.ClassicGru);
        Assert.That(System.IO.File.Exists(File(run, "clip-text")), Is.False);
        Assert.That(run.Notices, Has.One.Contains("joint").And.One.Contains("clip-text.onnx"));
    }

    [TestCase(ExportedRuns.Unclip)]
    [TestCase(ExportedRuns.Transformer)]
    [TestCase(ExportedRuns.Codes)]
    public void The_embeddings_of_unclip(string name)
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(name);
        using PictureGenerator generator = PictureGenerator.Open(run.Path, device);
        var (_, tokens, extents) = Read(generator.Tokenizer);
        float[] found = OnnxSession.Run(File(run, "text-encoder"), ("tokens", tokens, extents))["embedding"];
        Assert.That(found, Is.EqualTo(generator.EmbedTexts(Prompts).SelectMany(one => one)).Within(1e-4f));
        int side = generator.Config.ImageSide;
        float[][] pictures = [.. Enumerable.Range(0, 2).Select(i => Numbers($"picture{i}", side * side * 3))];
        found = OnnxSession.Run(
            File(run, "image-encoder"), ("picture", pictures.SelectMany(one => one).ToArray(), [2, side, side, 3]))["embedding"];
        Assert.That(found, Is.EqualTo(generator.Embed(pictures).SelectMany(one => one)).Within(1e-4f));
    }

    [TestCase(ExportedRuns.Unclip)]
    [TestCase(ExportedRuns.Transformer)]
    [TestCase(ExportedRuns.Codes)]
    public void An_evaluation_of_each_network_of_unclip(string name)
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(name);
        using RunFolder folder = RunFolder.Open(run.Path);
        TrainedRun trained = TrainedRun.LoadToDraw(folder, device, _ => { });
        using var model = trained.Model;
        Layer Part(string part) => model.Stores.Single(store => store.Root.Name == part).Root;
        const int count = 3, length = 16;
        float[] times = [0f, .37f, 1f], embeddings = Numbers("embeddings", count * length);
        Array.Clear(embeddings, length, length);
        context.BeginStep(0, training: false);
        Tensor at = context.Upload(times, count), embedding = context.Upload(embeddings, count, length);

        Layer[] upsamplers =
        [
            .. model.Stores.Select(store => store.Root).Where(root => root.Name.StartsWith("upsampler", StringComparison.Ordinal)),
        ];
        int side = trained.Config.ImageSide >> upsamplers.Length;
        float[] noisy = Numbers("noisy", count * side * side * 3);
        int[] extents = [count, side, side, 3];
        Same(
            OnnxSession.Run(
                File(run, "decoder"), ("noisy", noisy, extents), ("embedding", embeddings, [count, length]),
                ("time", times, [count]))["velocity"],
            ((UNet)Part("decoder")).Forward(context, context.Upload(noisy, extents), embedding, at), atLeast: .01f);

        noisy = Numbers("noisyEmbeddings", count * length);
        if (Part("prior") is PriorNetwork prior)
        {
            int most = trained.Config.MaxWords;
            float[] words = Numbers("words", count * most * 32);
            bool reads = prior is PriorTransformer;
            Tensor clean = prior.Forward(
                context, context.Upload(noisy, count, length),
                new PriorCondition(embedding, reads ? context.Upload(words, count, most, 32) : null), at);
            Same(
                OnnxSession.Run(
                    File(run, "prior"),
                    [
                        ("noisy", noisy, [count, length]), ("text", embeddings, [count, length]),
                        .. reads ? [("words", (Array)words, (int[])[count, most, 32])] : ((string, Array, int[])[])[],
                        ("time", times, [count]),
                    ])["clean"], clean, atLeast: .01f);
        }
        else
        {
            AssertCodes(run, (CodePriorNetwork)Part("prior"), embeddings, embedding);
        }

        // Of any sides that its levels halve.
        foreach (Layer upsampler in upsamplers)
        {
            float[] large = Numbers("large", count * 8 * 12 * 3), small = Numbers("small", count * 4 * 6 * 3);
            Tensor resized = Upsampler.Resize(context, context.Upload(small, count, 4, 6, 3)), both = context.Allocate(count, 8, 12, 6);
            ConcatenateOp.Join(context.Stream, [context.Upload(large, count, 8, 12, 3), resized], both);
            Same(
                OnnxSession.Run(
                    File(run, upsampler.Name.Replace("upsampler", "upsampler-")), ("noisy", large, [count, 8, 12, 3]),
                    ("small", small, [count, 4, 6, 3]), ("time", times, [count]))["velocity"],
                ((UNet)upsampler).Forward(context, both, null, at), atLeast: .01f);
        }
    }

    // A prior's parameters are averages, and a decoder's; CLIP's are those of the last step.
    [Test]
    public void Weights_are_those_that_drawing_uses_and_nothing_else()
    {
        ExportedRuns.ExportedRun run = ExportedRuns.Of(ExportedRuns.Unclip);
        Assert.That(Directory.GetFiles(run.Weights).Select(Path.GetFileName), Is.EquivalentTo(new[]
        {
            "README.md", "config.json", "contrast.safetensors", "decoder.safetensors", "image.safetensors", "prior.safetensors",
            "text.safetensors", "upsampler1.safetensors", "upsampler2.safetensors", "vocabulary.txt",
        }));
        string page = System.IO.File.ReadAllText(Path.Combine(run.Weights, "README.md"));
        foreach ((string file, string stage, string prefix) in new[]
        {
            ("decoder", "decoder", "ema."), ("prior", "prior", "ema."), ("upsampler2", "second-upsampler", "ema."), ("text", "clip", ""),
        })
        {
            Checkpoint checkpoint = Checkpoint.Load(
                Directory.GetFiles(Path.Combine(run.Path, "checkpoints", stage), "final-*").Single(), "unclip");
            using SafeTensorsFile weights = SafeTensorsFile.Open(Path.Combine(run.Weights, $"{file}.safetensors"));
            Assert.That(weights.Tensors, Is.Not.Empty);
            foreach (SafeTensorEntry tensor in weights.Tensors)
            {
                float[] values = new float[tensor.Count];
                weights.Read(tensor.Name, values);
                Assert.That(values, Is.EqualTo(checkpoint.Values(prefix + tensor.Name, tensor.Shape).ToArray()), tensor.Name);
                Assert.That(tensor.Name, Does.StartWith($"{file}."));
                Assert.That(page, Does.Contain($"| `{tensor.Name}` | {string.Join(" x ", tensor.Shape.ToArray())} | "));
            }
        }

        Assert.That(page, Does.Contain("- Lstm: `weight [inputs, 4 hidden]`").And.Contain("8 groups, epsilon 1E-05"));
    }

    [Test]
    public void There_is_no_other_format() => Assert.That(
        () => ModelExport.Write("run", "pickle", "folder", "test", _ => { }), Throws.ArgumentException.With.Message.Contains("pickle"));

    void AssertCodes(ExportedRuns.ExportedRun run, CodePriorNetwork network, float[] embeddings, Tensor embedding)
    {
        EmbeddingCodes codes = network.ReadCodes(device.Stream)!;
        for (int places = 1; places <= codes.Count; places += Math.Max(1, codes.Count - 1))
        {
            long[] before = [.. Enumerable.Range(0, 3 * places).Select(i => i % places == 0 ? 0L : 1 + i * 5 % codes.Buckets)];
            Same(
                OnnxSession.Run(File(run, "prior"), ("text", embeddings, [3, embedding.Cols]), ("before", before, [3, places]))["logits"],
                network.ForwardLast(context, embedding, TokenBatch.Of(context, [.. before.Select(code => (int)code)], true, 3, places)),
                atLeast: .01f);
        }

        int[] row = [.. Enumerable.Range(0, codes.Count).Select(i => i * 7 % codes.Buckets)];
        float[] decoded = new float[embedding.Cols];
        codes.Decode(row, decoded);
        Assert.That(
            OnnxSession.Run(File(run, "prior-codes"), ("codes", row.Select(code => (long)code).ToArray(), [1, codes.Count]))["embedding"],
            Is.EqualTo(decoded).Within(1e-5f));
    }

    // In a batch, with room to spare behind the longest.
    static (Batch Batch, long[] Tokens, int[] Extents) Read(WordTokenizer tokenizer)
    {
        int[][] captions = [.. Prompts.Select(prompt => tokenizer.Encode(prompt, 24))];
        const int time = 12;
        return (new Batch(captions, [], 1),
            [.. captions.SelectMany(caption => caption.Concat(new int[time - caption.Length])).Select(token => (long)token)],
            [captions.Length, time]);
    }

    static string File(ExportedRuns.ExportedRun run, string name) => Path.Combine(run.Onnx, $"{name}.onnx");

    static float[] Numbers(string name, int count) => LatentNoise.Draw(5, 0, 1, count, 1f, name);

    void Same(float[] found, Tensor expected, float atLeast = 0)
    {
        float[] values = expected.ToArray(device.Stream);
        Assert.That(values.Max(MathF.Abs), Is.GreaterThan(atLeast));
        Assert.That(found, Is.EqualTo(values).Within(1e-4f));
    }
}
