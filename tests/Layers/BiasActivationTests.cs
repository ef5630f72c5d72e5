using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

public class BiasActivationTests
{
    static readonly (string Name, Func<ActivationKind?, bool, UnaryLayer> Create, int[] Input)[] Layers =
    [
        ("linear", (kind, bias) => new Linear(5, 300, bias, kind), [70, 5]),
        ("convolution", (kind, bias) => new Conv2d(3, 20, kernel: 3, padding: 1, withBias: bias, activation: kind), [2, 6, 7, 3]),
        ("transposed convolution", (kind, bias) =>
        new ConvTranspose2d(6, 3, kernel: 4, stride: 2, padding: 1, withBias: bias, activation: kind), [2, 4, 4, 6]),
    ];

    [Test]
    public void Give_the_bits_of_a_layer_and_an_activation([Values] ActivationKind kind, [Values(0, 1, 2)] int layer,
    [Values] bool withBias)
    {
        var (name, create, input) = Layers[layer];
        Assert.That(Run(create(kind, withBias), null, input), Is.EqualTo(Run(create(null, withBias), new Activation(kind), input)), name);
    }

    [Test]
    public void An_output_in_the_place_of_an_input_that_is_needed_is_refused()
    {
        using Device device = Device.Open("cpu", 1);
        using var context = new Context(device);
        context.BeginStep(0, training: true);
        Tensor x = context.Zeros(2, 3), bias = context.Zeros(3);
        Assert.That(() => BiasOp.Activate(device.Stream, ActivationKind.GELU, x, bias, x, 0f),
            Throws.ArgumentException.With.Message.Contains("a tensor of its own"));
    }

    // Output, gradient of the input, gradients of the parameters.
    static float[] Run(UnaryLayer layer, Activation? activation, int[] extents)
    {
        using Device device = Device.Open("cpu", 1);
        using var context = new Context(device, seed: 3);
        using var parameters = new ParameterStore(device, "layer", layer, seed: 5);
        foreach (Parameter parameter in parameters.Parameters)
            RandomOp.Normal(device.Stream, parameter.Value, context.Key(parameter.Name));
        context.BeginStep(1, training: true);
        Tensor x = context.Allocate(new Shape(extents));
        RandomOp.Normal(device.Stream, x, context.Key("x"));
        Tensor y = layer.Forward(context, x);
        y = activation?.Forward(context, y) ?? y;
        Tensor dy = context.Allocate(y.Shape);
        RandomOp.Normal(device.Stream, dy, context.Key("dy"));
        float[] output = y.ToArray(device.Stream);
        Tensor dx = layer.Backward(context, activation?.Backward(context, dy) ?? dy);
        return [.. output, .. dx.ToArray(device.Stream), .. parameters.Parameters.SelectMany(p => p.Gradient.ToArray(device.Stream))];
    }
}
