using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

public class ReshapeTests
{
    [TestCase(new[] { -1 }, new[] { 2, 24 })]
    [TestCase(new[] { 24 }, new[] { 2, 24 })]
    [TestCase(new[] { 2, -1, 3 }, new[] { 2, 2, 4, 3 })]
    public void Keeps_the_batch_and_gives_the_gradient_its_shape_back(int[] extents, int[] expected)
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        context.BeginStep(0, training: true);
        var layer = new Reshape(extents);
        Tensor x = context.Zeros(2, 4, 6);
        Tensor y = layer.Forward(context, x);
        Assert.That(y.Shape, Is.EqualTo(new Shape(expected)));
        Assert.That(layer.Backward(context, y).Shape, Is.EqualTo(x.Shape));
    }

    [TestCase(7)]
    [TestCase(-1, 5)]
    [TestCase(0, -1)]
    public void Refuses_what_does_not_fit(params int[] extents)
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        Assert.That(() => new Reshape(extents).Forward(context, context.Zeros(2, 4, 6)),
            Throws.ArgumentException.With.Message.Contains("[2, 4, 6]"));
    }

    [TestCase(-1, -1)]
    [TestCase(-2, 3)]
    public void Refuses_what_is_no_shape(params int[] extents) =>
        Assert.That(() => new Reshape(extents), Throws.ArgumentException);
}
