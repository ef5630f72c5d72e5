using Dalle2.Export.Graphs;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using DeviceStream = Dalle2.Gpu.Runtime.Stream;

namespace Dalle2.Export.Translation;

/// <summary>
/// Layers as ONNX's operators, with the values that their parameters have now, as they run outside of training. A layer from one value to one is translated by
/// <see cref="Apply"/>, the only place that lists them; one that takes more has a method of its own.
/// </summary>
/// <remarks>Maps are <c>[batch, channels, height, width]</c> inside a graph. Layers of the last axis turn a map before and behind.</remarks>
/// <param name="graph">Where nodes are added.</param>
/// <param name="stream">Of the device that the parameters lie on.</param>
sealed partial class Translator(Graph graph, DeviceStream stream)
{
    /// <summary>What a layer makes of a value.</summary>
    /// <exception cref="NotSupportedException">The layer has no translation; the message says what to do.</exception>
    public Value Apply(Layer layer, Value x)
    {
        string before = graph.Scope;
        graph.Scope = layer.Name;
        Value y = layer switch
        {
            Sequential => layer.Children.Aggregate(x, (value, child) => Apply(child.Layer, value)),
            Linear linear => Linear(linear, x),
            Conv2d convolution => Convolution(convolution, x),
            ConvTranspose2d convolution => TransposedConvolution(convolution, x),
            Activation activation => Activate(x, activation.Kind, activation.Slope),
            GroupNorm norm => GroupNormalize(norm, x, norm.Groups, norm.Epsilon),
            GroupNormActivation norm => ModulatedGroupNorm(norm, x, null),
            BatchNorm norm => BatchNormalize(norm, x),
            LayerNorm norm => LayerNormalize(norm, x),
            RmsNorm norm => RmsNormalize(norm, x),
            L2Normalize => ToUnitLength(x),
            Softmax => OnLastAxis(x, value => graph.Node("Softmax", value.Rank, [value], ("axis", -1))),
            Dropout => x,
            Reshape reshape => ReshapeSamples(reshape, x),
            AveragePool pool => Pool(x, pool.Factor),
            Upsample upsample => Repeat(x, upsample.Factor),
            BilinearResize resize => Resize(x, resize.Size),
            PixelShuffle shuffle => graph.Node("DepthToSpace", 4, [x], ("blocksize", shuffle.Factor), ("mode", "DCR")),
            PixelUnshuffle shuffle => graph.Node("SpaceToDepth", 4, [x], ("blocksize", shuffle.Factor)),
            LearnedPositions => AddPositions(layer, x),
            FinalPlace => graph.Gather(x, graph.Whole(-1), 1),
            MultiHeadAttention attention => Attend(attention, x, null),
            ImageEncoder => Apply(Part(layer, "layers"), x),
            ResidualEncoder => EncodeResidually(layer, x),
            CausalTransformer => Transform(layer, x),
            _ => throw new NotSupportedException(
                $"{layer.Name}: a layer of the kind {layer.GetType().Name} has no ONNX form here; take --format safetensors"),
        };
        graph.Scope = before;
        return y;
    }

    /// <summary>An activation function.</summary>
    public Value Activate(Value x, ActivationKind kind, float slope = 0.01f) => kind switch
    {
        ActivationKind.ReLU => graph.Each("Relu", x),
        ActivationKind.LeakyReLU => graph.Node("LeakyRelu", x.Rank, [x], ("alpha", slope)),
        ActivationKind.SiLU => graph.Multiply(x, graph.Sigmoid(x)),
        ActivationKind.GELU => graph.Multiply(
            graph.Multiply(x, graph.Constant(.5f)),
            graph.Add(graph.Each("Erf", graph.Multiply(x, graph.Constant(MathF.Sqrt(.5f)))), graph.Constant(1f))),
        ActivationKind.Tanh => graph.Each("Tanh", x),
        ActivationKind.Sigmoid => graph.Sigmoid(x),
        ActivationKind.QuickGELU => graph.Multiply(x, graph.Sigmoid(graph.Multiply(x, graph.Constant(1.702f)))),
        _ => throw new NotSupportedException($"the activation function {kind} has no ONNX form here; take --format safetensors"),
    };

    static Layer Part(Layer layer, string name) => FindPart(layer, name)
        ?? throw new NotSupportedException(
            $"{layer.Name}: it has no part '{name}', so its form is not known here; take --format safetensors");

    static Layer? FindPart(Layer layer, string name) => layer.Children.FirstOrDefault(child => child.Name == name).Layer;

    // The parts of a name and a number, in order.
    static IEnumerable<Layer> Parts(Layer layer, string name) =>
        Enumerable.Range(1, layer.Children.Count).Select(i => FindPart(layer, $"{name}{i}")).TakeWhile(part => part != null)!;

    static Parameter? FindParameter(Layer layer, string name) =>
        layer.Parameters.FirstOrDefault(parameter => parameter.Name[(parameter.Name.LastIndexOf('.') + 1)..] == name);

    static Parameter ParameterOf(Layer layer, string name) => FindParameter(layer, name)
        ?? throw new NotSupportedException(
            $"{layer.Name}: it has no parameter '{name}', so its form is not known here; take --format safetensors");

    float[] ValuesOf(Parameter parameter) => parameter.Value.ToArray(stream);

    // A parameter as it is, or with other extents of as many elements.
    Value Constant(Layer layer, string name, params ReadOnlySpan<int> extents)
    {
        Parameter parameter = ParameterOf(layer, name);
        return graph.Constant(
            parameter.Name, extents.Length > 0 ? extents.ToArray() : parameter.Shape.ToArray(), ValuesOf(parameter));
    }

    // A parameter with its axes in another order.
    Value Turned(Parameter parameter, params ReadOnlySpan<int> order) =>
        Turned(parameter.Name, parameter.Shape.ToArray(), ValuesOf(parameter), order);

    Value Turned(string name, int[] extents, float[] values, ReadOnlySpan<int> order)
    {
        var strides = new int[extents.Length];
        for (int axis = extents.Length - 1, stride = 1; axis >= 0; stride *= extents[axis--])
            strides[axis] = stride;
        int[] turned = new int[order.Length], steps = new int[order.Length], place = new int[order.Length];
        for (int axis = 0; axis < order.Length; axis++)
            (turned[axis], steps[axis]) = (extents[order[axis]], strides[order[axis]]);
        var result = new float[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int from = 0;
            for (int axis = 0; axis < place.Length; axis++)
                from += place[axis] * steps[axis];
            result[i] = values[from];
            for (int axis = place.Length - 1; axis >= 0 && ++place[axis] == turned[axis]; axis--)
                place[axis] = 0;
        }

        return graph.Constant(name, turned, result);
    }

    Value OnLastAxis(Value x, Func<Value, Value> function) =>
        x.Rank == 4 ? graph.ToChannelsFirst(function(graph.ToChannelsLast(x))) : function(x);

    Value Linear(Linear layer, Value x) => OnLastAxis(x, value =>
    {
        Value y = graph.MatMul(value, Constant(layer, "weight"));
        if (FindParameter(layer, "bias") != null)
            y = graph.Add(y, Constant(layer, "bias"));
        return layer.Function is { } kind ? Activate(y, kind, layer.Slope) : y;
    });

    // The extents are those of a map in the order of the layers, channels last.
    Value ReshapeSamples(Reshape layer, Value x)
    {
        Value rows = x.Rank == 4 ? graph.ToChannelsLast(x) : x;
        Value y = graph.Reshape(rows, [0, .. layer.Extents.Select(extent => (long)extent)]);
        return y.Rank == 4 ? graph.ToChannelsFirst(y) : y;
    }
}
