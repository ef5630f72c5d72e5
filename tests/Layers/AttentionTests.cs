using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

public class AttentionTests
{
    [Test]
    public void Memory_grows_with_the_length_and_not_with_its_square()
    {
        long few = Peak(64), middle = Peak(128), many = Peak(256);
        Assert.That(many - middle, Is.EqualTo(2 * (middle - few)));

        static long Peak(int length)
        {
            using Device device = Device.Open("cpu", 1);
            using var context = new Context(device);
            var layer = new MultiHeadAttention(8, 2, causal: true);
            using var store = new ParameterStore(device, "attention", layer, seed: 1);
            context.BeginStep(0, training: true);
            Tensor y = layer.Forward(context, context.Zeros(1, length, 8));
            layer.Backward(context, y);
            return context.Arena.PeakBytes;
        }
    }

    [Test]
    public void Refuses_what_does_not_fit()
    {
        Assert.That(() => new MultiHeadAttention(258, 2), Throws.ArgumentException.With.Message.Contains("258"));
        Assert.That(() => new MultiHeadAttention(8, 3), Throws.ArgumentException.With.Message.Contains("3 heads"));
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        Tensor x = context.Zeros(1, 2, 129), y = context.Zeros(1, 2, 129), sums = context.Zeros(1, 1, 2);
        Assert.That(() => AttentionOp.Forward(device.Stream, x, x, x, null, y, sums, 1f),
            Throws.ArgumentException.With.Message.Contains("129"));
        var layer = new MultiHeadAttention(4, 2);
        Assert.That(() => layer.Forward(context, context.Zeros(1, 2, 5)), Throws.ArgumentException.With.Message.Contains("[1, 2, 5]"));
        Assert.That(() => layer.BackwardToSource(context, context.Zeros(1, 2, 4)), Throws.InvalidOperationException);
    }
}
