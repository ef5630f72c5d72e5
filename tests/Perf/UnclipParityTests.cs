using System.ComponentModel;
using System.Diagnostics;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Perf;
using Dalle2.Tensors;
using Dalle2.Tests.Data;
using Dalle2.Tests.Models;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Perf;

/// <summary>
/// Outputs and gradients of unCLIP's networks beside those of the same networks in PyTorch, in float64, with the same parameters by the names of a checkpoint. Where there is no Python with PyTorch,
/// nothing is tested.
/// </summary>
public class UnclipParityTests
{
    const int Batch = 3, Vocabulary = 20;

    static UnclipArchitecture Small => new()
    {
        Vocabulary = Vocabulary,
        ImageSide = 16,
        MostWords = 6,
        WordFeatures = 6,
        TextFeatures = 12,
        Cell = RecurrentCell.Lstm,
        EncoderChannels = [16, 24],
        Embedding = 10,
        PriorWidth = 16,
        PriorBlocks = 2,
        DecoderChannels = [16, 24],
        DecoderBlocks = 2,
        DecoderConditions = 12,
        DecoderHeads = 2,
    };

    [OneTimeSetUp]
    public void Find_PyTorch()
    {
        if (Python("-c", "import torch, numpy") is { Code: not 0 } run)
            Assert.Ignore($"not compared with PyTorch, which is not here: {run.Text.Trim()} (perf/README.md tells how to install it)");
    }

    [Test]
    public void Networks_are_those_of_PyTorch() => Agree(Small);

    [Test]
    public void So_are_they_with_a_transformer_for_captions() => Agree(Small with { TextLayers = 2, TextHeads = 3 });

    [Test]
    public void So_are_they_at_a_preset_s_sizes() =>
        Agree(((UnclipConfig)ModelFamily.Get("unclip").Preset("unclip")).Architecture(Vocabulary));

    [Test]
    public void A_difference_is_told()
    {
        using var folder = new TemporaryFolder();
        List<NamedTensor> tensors = Compute(Small);
        int at = tensors.FindIndex(tensor => tensor.Name == "gradient.decoder.up1.block1.modulate.weight");
        float[] changed = tensors[at].Values<float>().ToArray();
        changed[5] += 1e-3f * changed.Max(Math.Abs);
        tensors[at] = new NamedTensor(tensors[at].Name, tensors[at].Shape, changed);
        var (code, text) = Compare(folder, Small, tensors);
        Assert.That(code, Is.EqualTo(1), text);
        Assert.That(text.Split('\n').Where(line => line.Contains("FAILED")), Has.One.EndsWith($"{tensors[at].Name}   FAILED"));
    }

    static void Agree(UnclipArchitecture sizes)
    {
        using var folder = new TemporaryFolder();
        var (code, text) = Compare(folder, sizes, Compute(sizes));
        TestContext.Out.WriteLine(text);
        Assert.That(code, Is.Zero, text);
    }

    static (int Code, string Text) Compare(TemporaryFolder folder, UnclipArchitecture sizes, List<NamedTensor> tensors)
    {
        string path = folder["networks.safetensors"];
        SafeTensorsFile.Write(path, tensors,
            new Dictionary<string, string> { ["sizes"] = ComparedModel.Describe(sizes).ToJsonString() });
        return Python(Path.Combine(ResultHeader.Root, "perf", "peers", "torch_unclip.py"), path);
    }

    // All that torch_unclip.py takes: parameters, inputs, outputs, gradients. Parameters are drawn anew, so that nothing that starts at zero hides a path.
    static List<NamedTensor> Compute(UnclipArchitecture sizes)
    {
        using Device device = Device.Open("cpu", 1);
        using var model = new UnclipModel(device, sizes, seed: 1);
        using Context inputs = new(device), context = new(device);
        var result = new List<NamedTensor>();
        foreach (Parameter parameter in model.Stores.SelectMany(store => store.Parameters))
        {
            UnclipGradientTests.DrawAnew(device, parameter);
            Keep(parameter.Name, parameter.Value);
        }

        context.BeginStep(0, training: true);
        int words = sizes.MostWords;
        int[] lengths = [words, 1, words - 2];
        int[] tokens =
        [
            .. Enumerable.Range(0, Batch * words).Select(i => i % words < lengths[i / words] ? 1 + i * 7 % (Vocabulary - 1) : 0),
        ];
        int[] inOrder = model.TextEncoder.IsByCaption
            ? tokens : [.. Enumerable.Range(0, tokens.Length).Select(i => tokens[i % Batch * words + i / Batch])];
        int[] extents = model.TextEncoder.IsByCaption ? [Batch, words] : [words, Batch];
        result.Add(new NamedTensor("input.text.tokens", [Batch, words], tokens));
        result.Add(new NamedTensor("input.text.lengths", [Batch], lengths));
        Tensor text = model.TextEncoder.Forward(context, TokenBatch.Of(inputs, inOrder, true, extents), inputs.Upload(lengths, Batch));
        model.TextEncoder.Backward(context, Slope("text", text));

        Tensor image = model.ImageEncoder.Forward(context, Draw("input.image.pictures", Batch, sizes.ImageSide, sizes.ImageSide, 3));
        Keep("gradient.input.image.pictures", model.ImageEncoder.Backward(context, Slope("image", image)));

        Tensor loss = model.Contrast.Forward(
            context, Draw("input.contrast.text", text.Shape.ToArray()), Draw("input.contrast.image", image.Shape.ToArray()));
        Keep("output.contrast", loss);
        result.Add(new NamedTensor("slope.contrast", [1], [1f]));
        var (dtext, dimage) = model.Contrast.Backward(context);
        Keep("gradient.input.contrast.text", dtext);
        Keep("gradient.input.contrast.image", dimage);

        var prior = (PriorNetwork)model.Prior;
        Tensor embeddings = prior.Forward(
            context, Draw("input.prior.noisy", Batch, sizes.Embedding),
            new PriorCondition(Draw("input.prior.text", Batch, sizes.Embedding), null), Times("prior"));
        prior.Backward(context, Slope("prior", embeddings));

        Tensor pictures = model.Decoder.Forward(
            context, Draw("input.decoder.noisy", Batch, sizes.ImageSide, sizes.ImageSide, 3),
            Draw("input.decoder.embedding", Batch, sizes.Embedding), Times("decoder"));
        model.Decoder.Backward(context, Slope("decoder", pictures));

        foreach (Parameter parameter in model.Stores.SelectMany(store => store.Parameters))
            Keep($"gradient.{parameter.Name}", parameter.Gradient);
        return result;

        void Keep(string name, Tensor tensor) =>
            result.Add(new NamedTensor(name, tensor.Shape.ToArray(), tensor.ToArray(device.Stream)));

        Tensor Draw(string name, params int[] shape)
        {
            Tensor tensor = inputs.Allocate(shape);
            RandomOp.Normal(device.Stream, tensor, RandomKey.Named(3, 0, name));
            Keep(name, tensor);
            return tensor;
        }

        Tensor Slope(string network, Tensor output)
        {
            Keep($"output.{network}", output);
            Tensor slope = context.Allocate(output.Shape);
            device.Stream.Copy(Draw($"slope.{network}", output.Shape.ToArray()).View, slope.View);
            return slope;
        }

        Tensor Times(string network)
        {
            float[] times = [.02f, .4f, .97f];
            result.Add(new NamedTensor($"input.{network}.times", [Batch], times));
            return inputs.Upload(times, Batch);
        }
    }

    static (int Code, string Text) Python(params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string text = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            return (process.ExitCode, text);
        }
        catch (Win32Exception fault)
        {
            return (-1, fault.Message);
        }
    }
}
