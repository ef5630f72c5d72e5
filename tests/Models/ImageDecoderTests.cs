using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

public class ImageDecoderTests
{
    const int Batch = 2, Code = 5, Condition = 3;

    /// <summary>The slope of a weighted sum of the logits along a random direction in code, condition and all parameters at once, by central differences and by the backward pass.</summary>
    [Test]
    public void The_gradients_give_the_slope_along_any_direction([Range(1, 4)] int seed)
    {
        using Device device = Device.Open("reference", 0);
        var decoder = new ImageDecoder(imageSide: 8, [4, 3], Code, Condition);
        using var store = new ParameterStore(device, "decoder", decoder, seed: 7);
        using var context = new Context(device);
        var random = new Random(seed);
        float[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => (float)(2 * random.NextDouble() - 1))];

        Tensor[] parameters = [.. store.Parameters.Select(p => p.Value)];
        float[][] values = [Draw(Batch * Code), Draw(Batch * Condition), .. parameters.Select(p => p.ToArray(device.Stream))];
        float[][] direction = [.. values.Select(v => Draw(v.Length))];
        float[] weights = Draw(Batch * 8 * 8 * 3);

        Tensor Forward(float step, bool training)
        {
            float[][] moved = [.. values.Select((v, i) => v.Select((x, j) => x + step * direction[i][j]).ToArray())];
            for (int i = 0; i < parameters.Length; i++)
                parameters[i].Write(device.Stream, moved[i + 2]);
            context.BeginStep(0, training);
            return decoder.Forward(context, context.Upload(moved[0], Batch, Code), context.Upload(moved[1], Batch, Condition));
        }

        double Sum(float step) => Forward(step, training: false).ToArray(device.Stream).Zip(weights, (y, w) => (double)y * w).Sum();

        const float h = 1f / 256;
        double expected = (Sum(h) - Sum(-h)) / (2 * h);
        Tensor logits = Forward(0, training: true);
        Assert.That(logits.Shape, Is.EqualTo(new Shape(Batch, 8, 8, 3)));
        var (dcode, dcondition) = decoder.Backward(context, context.Upload(weights, Batch, 8, 8, 3));
        float[][] gradients = [dcode.ToArray(device.Stream), dcondition.ToArray(device.Stream),
            .. store.Parameters.Select(p => p.Gradient.ToArray(device.Stream))];
        double actual = gradients.Zip(direction, (g, d) => g.Zip(d, (x, y) => (double)x * y).Sum()).Sum();
        Assert.That(actual, Is.EqualTo(expected).Within(0.002 * Math.Max(1, Math.Abs(expected))));
    }

    /// <summary>A condition that differs changes the picture of the same code.</summary>
    [Test]
    public void The_condition_decides_too()
    {
        using Device device = Device.Open("reference", 0);
        var decoder = new ImageDecoder(imageSide: 8, [4, 3], Code, Condition);
        using var store = new ParameterStore(device, "decoder", decoder, seed: 7);
        using var context = new Context(device);
        context.BeginStep(0, training: false);
        Tensor code = context.Upload([1f, 1f, 1f, 1f, 1f], 1, Code);
        float[] first = decoder.Forward(context, code, context.Upload([1f, 0f, 0f], 1, Condition)).ToArray(device.Stream);
        float[] second = decoder.Forward(context, code, context.Upload([0f, 1f, 0f], 1, Condition)).ToArray(device.Stream);
        Assert.That(first, Is.Not.EqualTo(second).AsCollection);
    }
}
