using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

public class ConcatenateTests
{
    [Test]
    public void Joins_images_along_their_channels()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        context.BeginStep(0, training: true);
        var layer = new Concatenate();
        Tensor y = layer.Forward(context, context.Upload([1f, 2f], 1, 1, 2, 1), context.Upload([3f, 4f, 5f, 6f], 1, 1, 2, 2));
        Assert.That(y.Shape, Is.EqualTo(new Shape(1, 1, 2, 3)));
        Assert.That(y.ToArray(context.Stream), Is.EqualTo(new float[] { 1, 3, 4, 2, 5, 6 }).AsCollection);
        Assert.That(layer.Backward(context, y).Select(g => g.Shape),
            Is.EqualTo(new[] { new Shape(1, 1, 2, 1), new Shape(1, 1, 2, 2) }).AsCollection);
    }

    [Test]
    public void Refuses_what_does_not_fit()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        Assert.That(() => new Concatenate().Forward(context, context.Zeros(2, 3)),
            Throws.ArgumentException.With.Message.Contains("two tensors or more"));
        // As many rows, of another shape.
        Assert.That(() => new Concatenate().Forward(context, context.Zeros(2, 3, 1), context.Zeros(3, 2, 1)),
            Throws.ArgumentException.With.Message.Contains("[3, 2, 1]"));
        Assert.That(() => new Concatenate().Forward(context, context.Zeros(2, 3), context.Zeros(1, 2, 3)),
            Throws.ArgumentException.With.Message.Contains("[1, 2, 3]"));
    }
}
