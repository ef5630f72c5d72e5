using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

/// <summary>What padding must not do to recurrent layers. The formulas are LstmCase's and GruCase's.</summary>
[TestFixture(typeof(Lstm))]
[TestFixture(typeof(Gru))]
public class RecurrentTests(Type type)
{
    Device device = null!;
    Context context = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("reference");
        context = new Context(device);
        context.BeginStep(1, training: true);
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        device.Dispose();
    }

    [Test]
    public void A_padded_sequence_gives_the_bits_of_the_short_one()
    {
        float[] shortRun = Gradients(2, 0), padded = Gradients(2, 3);
        Assert.That(padded, Is.EqualTo(shortRun));
    }

    [Test]
    public void The_forget_gate_starts_open()
    {
        Recurrent layer = Create();
        using var store = new ParameterStore(device, "layer", layer, 1);
        float[] bias = store.Parameters[2].Value.ToArray(context.Stream);
        Assert.That(bias, Is.EqualTo(layer is Lstm ? [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0] : new float[12]));
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused_and_leave_the_layer_usable()
    {
        Recurrent layer = Create();
        using var store = new ParameterStore(device, "layer", layer, 1);
        Tensor x = context.Zeros(2, 3, 5);
        Assert.That(() => layer.Forward(context, context.Zeros(2, 3, 4), Lengths(2, 2, 2)),
            Throws.ArgumentException.With.Message.Contains("[2, 3, 4]"));
        Assert.That(() => layer.Forward(context, x, Lengths(2, 2)), Throws.ArgumentException.With.Message.Contains("batch of 3"));
        Assert.That(() => layer.Forward(context, x, Lengths(2, 2, 2), context.Zeros(3, 5)),
            Throws.ArgumentException.With.Message.Contains("[3, 4]"));
        if (layer is Gru)
        {
            Assert.That(() => layer.Forward(context, x, Lengths(2, 2, 2), null, context.Zeros(3, 4)),
                Throws.ArgumentException.With.Message.Contains("cell"));
        }

        Assert.That(() => layer.Forward(context, x, Lengths(2, 2, 2)), Throws.Nothing);
    }

    Recurrent Create() => type == typeof(Lstm) ? new Lstm(5, 4) : new Gru(5, 4);

    IntTensor Lengths(params int[] lengths) => context.Upload(lengths, lengths.Length);

    // Final state, gradients of all parameters and of x within the length; what lies past it is large and must not matter.
    float[] Gradients(int steps, int padding)
    {
        Recurrent layer = Create();
        using var store = new ParameterStore(device, "layer", layer, 1);
        Tensor x = context.Upload([.. Enumerable.Range(0, (steps + padding) * 5).Select(i => i < steps * 5 ? 0.1f * (i % 7) - 0.3f : 1e3f)],
            steps + padding, 1, 5);
        layer.Forward(context, x, Lengths(steps));
        Tensor dx = layer.Backward(context, null, context.Upload([1f, -2f, 3f, 0.5f], 1, 4));
        float[] inside = dx.Slice(0, steps).ToArray(context.Stream);
        Assert.That(dx.Slice(steps, padding).ToArray(context.Stream), Is.All.Zero);
        return [.. layer.Final.ToArray(context.Stream), .. inside, .. store.Parameters.SelectMany(p => p.Gradient.ToArray(context.Stream))];
    }
}
