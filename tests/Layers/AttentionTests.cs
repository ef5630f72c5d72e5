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

    // With few processors a group has a whole head in the backward pass, with many 32 queries or keys of one.
    [Test]
    public void Gradients_do_not_depend_on_what_a_group_has([Values] bool causal, [Values] bool hasLengths, [Values(33, 65)] int size)
    {
        const int batch = 3, heads = 2, queries = 100, keys = 70;
        Assert.That(Gradients(1), Is.EqualTo(Gradients(16)));

        float[] Gradients(int threads)
        {
            using Device device = Device.Open("cpu", threads);
            using var context = new Context(device);
            Tensor q = Draw(queries), k = Draw(keys), v = Draw(keys), dy = Draw(queries), y = context.Allocate(q.Shape),
                sums = context.Allocate(batch, heads, queries);
            Tensor[] gradients = [context.Allocate(q.Shape), context.Allocate(k.Shape), context.Allocate(k.Shape)];
            IntTensor? lengths = hasLengths ? context.Upload([keys, 0, 41], batch) : null;
            AttentionOp.Forward(device.Stream, q, k, v, lengths, y, sums, 0.2f, causal);
            AttentionOp.Backward(device.Stream, q, k, v, lengths, y, sums, dy, context.Allocate(sums.Shape), gradients[0], gradients[1],
                gradients[2], 0.2f, causal);
            return [.. gradients.SelectMany(gradient => gradient.ToArray(device.Stream))];

            Tensor Draw(int length)
            {
                Tensor tensor = context.Allocate(batch, length, heads * size);
                RandomOp.Normal(device.Stream, tensor, RandomKey.Named(1, (ulong)context.Arena.PeakBytes, "attention"));
                return tensor;
            }
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
