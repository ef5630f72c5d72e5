using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

public class ChannelModulationTests
{
    [Test]
    public void Scales_and_shifts_each_samples_channels()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        context.BeginStep(0, training: false);
        // Two samples of two pixels of two channels; gains, then shifts.
        Tensor x = context.Upload([1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f], 2, 1, 2, 2);
        Tensor modulation = context.Upload([0f, 1f, 10f, 20f, -1f, 0f, 0f, 100f], 2, 4);
        Tensor y = new ChannelModulation().Forward(context, x, modulation);
        Assert.That(y.Shape, Is.EqualTo(x.Shape));
        Assert.That(y.ToArray(context.Stream), Is.EqualTo(new float[] { 11, 24, 13, 28, 0, 106, 0, 108 }).AsCollection);
    }

    [Test]
    public void Refuses_what_does_not_fit()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        var layer = new ChannelModulation();
        Assert.That(() => layer.Forward(context, context.Zeros(2, 3, 4), context.Zeros(2, 4)),
            Throws.ArgumentException.With.Message.Contains("[2, 4]"));
        Assert.That(() => layer.Forward(context, context.Zeros(2, 3, 4), context.Zeros(1, 8)),
            Throws.ArgumentException.With.Message.Contains("[1, 8]"));
        Assert.That(() => layer.Forward(context, context.Zeros(4), context.Zeros(4, 2)), Throws.ArgumentException);
    }
}
