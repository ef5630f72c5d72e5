using Dalle2.Export.Graphs;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;

namespace Dalle2.Export.Translation;

// Layers of maps.
sealed partial class Translator
{
    /// <summary>Each pixel's value by its neighbors, at twice the side: how an upsampler is told the small picture.</summary>
    public Value ResizeBy(Value x, int factor) => graph.Node(
        "Resize", 4, [x, null, Scales(factor)], ("mode", "linear"), ("coordinate_transformation_mode", "half_pixel"));

    /// <summary>Means over squares of pixels.</summary>
    public Value Pool(Value x, int factor) => graph.Node(
        "AveragePool", 4, [x], ("kernel_shape", (long[])[factor, factor]), ("strides", (long[])[factor, factor]));

    Value Convolution(Conv2d layer, Value x)
    {
        // From [rows, columns, inputs, outputs].
        Value weight = Turned(ParameterOf(layer, "weight"), 3, 2, 0, 1);
        Value y = graph.Node("Conv", 4, [x, weight, Bias(layer)], WindowOf(layer.Window));
        return layer.Function is { } kind ? Activate(y, kind, layer.Slope) : y;
    }

    Value TransposedConvolution(ConvTranspose2d layer, Value x)
    {
        // From [rows, columns, outputs, inputs].
        Value weight = Turned(ParameterOf(layer, "weight"), 3, 2, 0, 1);
        Value y = graph.Node(
            "ConvTranspose", 4, [x, weight, Bias(layer)],
            [.. WindowOf(layer.Window), ("output_padding", new long[] { layer.OutputPadding.Height, layer.OutputPadding.Width })]);
        return layer.Function is { } kind ? Activate(y, kind, layer.Slope) : y;
    }

    Value? Bias(Layer layer) => FindParameter(layer, "bias") == null ? null : Constant(layer, "bias");

    static (string Name, object Value)[] WindowOf(ConvolutionWindow window) =>
    [
        ("kernel_shape", new long[] { window.Kernel.Height, window.Kernel.Width }),
        ("strides", new long[] { window.Stride.Height, window.Stride.Width }),
        ("dilations", new long[] { window.Dilation.Height, window.Dilation.Width }),
        ("pads", new long[] { window.Padding.Height, window.Padding.Width, window.Padding.Height, window.Padding.Width }),
    ];

    Value Repeat(Value x, int factor) => graph.Node(
        "Resize", 4, [x, null, Scales(factor)], ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"),
        ("nearest_mode", "floor"));

    Value Scales(int factor) => graph.Constant($"scales.{factor}", [4], [1f, 1f, factor, factor]);

    Value Resize(Value x, Size2d size)
    {
        Value sizes = graph.Concatenate(0, graph.First(graph.Shape(x), graph.Whole([2L]), 0), graph.Whole([size.Height, size.Width]));
        return graph.Node(
            "Resize", 4, [x, null, null, sizes], ("mode", "linear"), ("coordinate_transformation_mode", "half_pixel"));
    }

    // The groups' own scale and shift stay 1 and 0: those of channels come behind.
    Value GroupNormalize(Layer layer, Value x, int groups, float epsilon) => OnChannelsFirst(x, value =>
    {
        Value ones = graph.Constant($"ones.{groups}", [groups], [.. Enumerable.Repeat(1f, groups)]),
            zeros = graph.Constant($"zeros.{groups}", [groups], new float[groups]);
        Value rows = graph.Node("InstanceNormalization", 3, [graph.Reshape(value, 0, groups, -1), ones, zeros], ("epsilon", epsilon));
        Value gamma = Constant(layer, "gamma", ExtentsOfChannels(layer, value.Rank)),
            beta = Constant(layer, "beta", ExtentsOfChannels(layer, value.Rank));
        return graph.Add(graph.Multiply(graph.ReshapeAs(rows, value), gamma), beta);
    });

    Value BatchNormalize(BatchNorm layer, Value x) => OnChannelsFirst(x, value => graph.Node(
        "BatchNormalization", value.Rank,
        [value, Constant(layer, "gamma"), Constant(layer, "beta"), Constant(layer, "runningMean"), Constant(layer, "runningVariance")],
        ("epsilon", layer.Epsilon)));

    // The layer of a residual block, with the gains and shifts of each sample, or without.
    Value ModulatedGroupNorm(GroupNormActivation layer, Value x, Value? modulation)
    {
        Value y = GroupNormalize(layer, x, layer.Groups, layer.Epsilon);
        if (modulation is { } gains)
            y = Modulate(y, gains, ParameterOf(layer, "gamma").Shape[0]);
        return layer.Activates ? Activate(y, ActivationKind.SiLU) : y;
    }

    // x (1 + gain) + shift of each sample and channel.
    Value Modulate(Value x, Value modulation, int channels)
    {
        Value[] halves = graph.SplitInTwo(modulation, 1, channels);
        Value gain = graph.Unsqueeze(graph.Add(halves[0], graph.Constant(1f)), 2, 3), shift = graph.Unsqueeze(halves[1], 2, 3);
        return graph.Add(graph.Multiply(x, gain), shift);
    }

    // The channels, last in a sequence, come second.
    Value OnChannelsFirst(Value x, Func<Value, Value> function) =>
        x.Rank == 3 ? graph.Transpose(function(graph.Transpose(x, 0, 2, 1)), 0, 2, 1) : function(x);

    static int[] ExtentsOfChannels(Layer layer, int rank) =>
        [ParameterOf(layer, "gamma").Shape[0], .. Enumerable.Repeat(1, rank - 2)];
}
