using Dalle2.Export.Graphs;
using Dalle2.Export.Translation;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;

namespace Dalle2.Tests.Export;

/// <summary>Each layer that has an ONNX form gives in ONNX Runtime what it gives here, whatever its parameters are.</summary>
public class LayerExportTests
{
    static readonly (string Name, Func<UnaryLayer> Create, int[] Shape)[] Layers =
    [
        .. Enum.GetValues<ActivationKind>().Select(kind =>
            ($"Linear with {kind}", (Func<UnaryLayer>)(() => new Linear(5, 7, activation: kind, slope: .3f)), (int[])[3, 5])),
        .. Enum.GetValues<ActivationKind>().Select(kind =>
            ($"Activation {kind}", (Func<UnaryLayer>)(() => new Activation(kind, .3f)), (int[])[3, 2, 4, 5])),
        ("Linear of a sequence", () => new Linear(5, 7, withBias: false), [3, 4, 5]),
        ("Linear of a map", () => new Linear(5, 7), [3, 4, 2, 5]),
        ("Conv2d", () => new Conv2d(3, 5, kernel: 4, stride: 2, padding: 1), [3, 8, 6, 3]),
        ("Conv2d of uneven sides", () => new Conv2d(3, 5, (3, 2), (2, 1), (1, 0), (1, 2), withBias: false, ActivationKind.LeakyReLU, .2f),
            [3, 7, 6, 3]),
        ("ConvTranspose2d", () => new ConvTranspose2d(3, 5, kernel: 4, stride: 2, padding: 1), [3, 4, 3, 3]),
        ("ConvTranspose2d of uneven sides",
            () => new ConvTranspose2d(3, 5, (3, 2), (2, 1), (1, 0), (1, 0), (1, 2), activation: ActivationKind.SiLU), [3, 4, 5, 3]),
        ("GroupNorm of rows", () => new GroupNorm(2, 6), [3, 6]),
        ("GroupNorm of a sequence", () => new GroupNorm(2, 6, eps: .1f), [3, 4, 6]),
        ("GroupNorm of a map", () => new GroupNorm(3, 6), [3, 4, 2, 6]),
        ("GroupNormActivation", () => new GroupNormActivation(2, 6), [3, 4, 2, 6]),
        ("GroupNormActivation without one", () => new GroupNormActivation(2, 6, activates: false, eps: .1f), [3, 4, 2, 6]),
        ("BatchNorm of rows", () => new BatchNorm(6), [3, 6]),
        ("BatchNorm of a map", () => new BatchNorm(6, eps: .1f), [3, 4, 2, 6]),
        ("LayerNorm", () => new LayerNorm(6), [3, 6]),
        ("LayerNorm of a map", () => new LayerNorm(6, eps: .1f), [3, 4, 2, 6]),
        ("RmsNorm", () => new RmsNorm(6, eps: .1f), [3, 4, 6]),
        ("L2Normalize", () => new L2Normalize(), [3, 6]),
        ("Softmax", () => new Softmax(), [3, 4, 2, 6]),
        ("Dropout", () => new Dropout(.5f), [3, 6]),
        ("Reshape of a map to rows", () => Reshape.Flatten(), [3, 4, 2, 6]),
        ("Reshape of rows to a map", () => new Reshape(2, -1, 4), [3, 24]),
        ("Reshape of a map to another", () => new Reshape(8, 2, 3), [3, 4, 2, 6]),
        ("AveragePool", () => new AveragePool(3), [3, 6, 9, 2]),
        ("Upsample", () => new Upsample(3), [3, 2, 4, 2]),
        ("BilinearResize to more", () => new BilinearResize((8, 7)), [3, 4, 3, 2]),
        ("BilinearResize to less", () => new BilinearResize((2, 3)), [3, 5, 7, 2]),
        ("PixelShuffle", () => new PixelShuffle(2), [3, 2, 3, 12]),
        ("PixelUnshuffle", () => new PixelUnshuffle(2), [3, 4, 6, 3]),
        ("LearnedPositions of a shorter sequence", () => new LearnedPositions(6, 5), [3, 4, 5]),
        ("FinalPlace", () => new FinalPlace(), [3, 4, 5]),
        ("Sequential", () => new Sequential(("one", new Linear(5, 4)), ("two", new LayerNorm(4))), [3, 5]),
        ("ImageEncoder", () => new ImageEncoder(8, [4, 6]), [3, 8, 8, 3]),
        ("ResidualEncoder", () => new ResidualEncoder(8, [4, 6]), [3, 8, 8, 3]),
        ("CausalTransformer", () => new CausalTransformer(6, 8, 2, 2), [3, 4, 8]),
    ];

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

    static IEnumerable<TestCaseData> Cases() => Layers.Select(one => new TestCaseData(one.Create, one.Shape).SetArgDisplayNames(one.Name));

    [TestCaseSource(nameof(Cases))]
    public void A_layer(Func<UnaryLayer> create, int[] shape)
    {
        UnaryLayer layer = create();
        using ParameterStore store = Fill(layer);
        float[] x = Numbers("x", shape.Aggregate((product, extent) => product * extent));
        context.BeginStep(0, training: false);
        float[] expected = layer.Forward(context, context.Upload(x, shape)).ToArray(device.Stream);

        var graph = new Graph("layer", "");
        // Only what a graph may not know beforehand has a name.
        string[] extents =
            [.. shape.Select((extent, axis) => axis == 0 ? "batch" : shape.Length == 3 && axis == 1 ? "places" : $"{extent}")];
        Value input = graph.Input(new("x", extents, ""));
        Value y = new Translator(graph, device.Stream).Apply(layer, shape.Length == 4 ? graph.ToChannelsFirst(input) : input);
        graph.Output(
            new("y", [.. Enumerable.Range(0, y.Rank).Select(axis => $"axis{axis}")], ""), y.Rank == 4 ? graph.ToChannelsLast(y) : y);
        Assert.That(OnnxSession.Run(graph, ("x", x, shape))["y"], Is.EqualTo(expected).Within(2e-5f));
    }

    [Test]
    public void Attention_that_sees_all()
    {
        var layer = new MultiHeadAttention(6, 3);
        using ParameterStore store = Fill(layer);
        float[] x = Numbers("x", 2 * 5 * 6);
        context.BeginStep(0, training: false);
        float[] expected = layer.Forward(context, context.Upload(x, 2, 5, 6)).ToArray(device.Stream);
        var graph = new Graph("layer", "");
        Value y = new Translator(graph, device.Stream).Apply(layer, graph.Input(new("x", ["batch", "places", "6"], "")));
        graph.Output(new("y", ["batch", "places", "6"], ""), y);
        Assert.That(OnnxSession.Run(graph, ("x", x, [2, 5, 6]))["y"], Is.EqualTo(expected).Within(2e-5f));
    }

    // Captions of all lengths, beside longer ones and in a batch with room to spare.
    [TestCase("lstm")]
    [TestCase("gru")]
    [TestCase("transformer")]
    public void An_encoder_of_captions_reads_padded_captions(string kind)
    {
        CaptionEncoder encoder = kind == "transformer" ? new TransformerTextEncoder(9, 6, 8, 2, 2)
            : new TextEncoder(9, 5, 8, kind == "gru" ? RecurrentCell.Gru : RecurrentCell.Lstm);
        using ParameterStore store = Fill(encoder);
        int[][] captions = [[4, 5, 6, 7], [8], [3, 3]];
        const int time = 5;
        long[] rows = [.. captions.SelectMany(caption => caption.Concat(new int[time - caption.Length])).Select(token => (long)token)];
        int[] tokens = [.. rows.Select(token => (int)token)];
        if (!encoder.IsByCaption)
            tokens = [.. Enumerable.Range(0, tokens.Length).Select(i => (int)rows[i % captions.Length * time + i / captions.Length])];
        int[] shape = encoder.IsByCaption ? [captions.Length, time] : [time, captions.Length];
        context.BeginStep(0, training: false);
        var batch = TokenBatch.Of(context, tokens, padding: true, shape);
        IntTensor lengths = context.Upload([.. captions.Select(caption => caption.Length)], captions.Length);
        float[] text = encoder.Forward(context, batch, lengths).ToArray(device.Stream),
            words = encoder.EncodeWords(context, batch, lengths).ToArray(device.Stream);

        var graph = new Graph("encoder", "");
        (Value ofText, Value ofWords) = new Translator(graph, device.Stream).EncodeCaptions(
            encoder, graph.Input(new("tokens", ["batch", "words"], "", IsWhole: true)));
        graph.Output(new("text", ["batch", "8"], ""), ofText);
        graph.Output(new("words", ["batch", "words", "8"], ""), ofWords);
        Dictionary<string, float[]> found = OnnxSession.Run(graph, ("tokens", rows, [captions.Length, time]));
        Assert.That(found["text"], Is.EqualTo(text).Within(2e-5f));
        for (int b = 0; b < captions.Length; b++)
        {
            for (int t = 0; t < time; t++)
            {
                float[] own = t >= captions[b].Length ? new float[8]
                    : words.AsSpan((encoder.IsByCaption ? b * time + t : t * captions.Length + b) * 8, 8).ToArray();
                Assert.That(found["words"].AsSpan((b * time + t) * 8, 8).ToArray(), Is.EqualTo(own).Within(2e-5f), $"word {t} of {b}");
            }
        }
    }

    [Test]
    public void A_layer_without_a_form_says_what_to_do()
    {
        var graph = new Graph("layer", "");
        var layer = new Sequential(("own", new OwnLayer()));
        using var store = new ParameterStore(device, "layer", layer, seed: 1);
        Value x = graph.Input(new("x", ["batch", "3"], ""));
        Assert.That(() => new Translator(graph, device.Stream).Apply(layer, x), Throws.TypeOf<NotSupportedException>()
            .With.Message.Contains("layer.own").And.Message.Contains(nameof(OwnLayer)).And.Message.Contains("--format safetensors"));
    }

    ParameterStore Fill(Layer layer)
    {
        var store = new ParameterStore(device, "layer", layer, seed: 1);
        foreach (Parameter parameter in store.Parameters)
        {
            float[] values = Numbers(parameter.Name, parameter.Shape.Length);
            if (parameter.Name.EndsWith("runningVariance", StringComparison.Ordinal))
                values = [.. values.Select(value => .5f + value * value)];
            parameter.Value.Write(device.Stream, values);
        }

        return store;
    }

    static float[] Numbers(string name, int count) => LatentNoise.Draw(5, 0, 1, count, .7f, name);

    sealed class OwnLayer : UnaryLayer
    {
        protected override Tensor Compute(Context context, Tensor x) => x;

        protected override Tensor Differentiate(Context context, Tensor dy) => dy;
    }
}
