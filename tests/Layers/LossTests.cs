using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

/// <summary>The losses at their edges: what is not counted, what would overflow, what is clamped, what is drawn. The formulas are in the cases.</summary>
public class LossTests
{
    Device device = null!;
    Context context = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("reference");
        context = new Context(device, seed: 4);
        context.BeginStep(1, training: true);
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        device.Dispose();
    }

    [Test]
    public void Only_padding_gives_no_loss_and_no_gradient()
    {
        var loss = new SoftmaxCrossEntropy();
        Assert.That(Value(loss.Forward(context, context.Upload([1f, 2, 3, 4], 2, 2), context.Upload([-1, -1], 2))), Is.Zero);
        Assert.That(Value(loss.Counted), Is.Zero);
        Assert.That(Value(loss.Correct), Is.Zero);
        Assert.That(loss.Backward(context).ToArray(context.Stream), Is.All.Zero);
    }

    [TestCase(2)]
    [TestCase(-2)]
    public void A_class_that_does_not_exist_gives_NaN(int target)
    {
        var loss = new SoftmaxCrossEntropy();
        Assert.That(Value(loss.Forward(context, context.Upload([1f, 2], 1, 2), context.Upload([target], 1))), Is.NaN);
    }

    [Test]
    public void Large_logits_overflow_nowhere()
    {
        var softmax = new SoftmaxCrossEntropy();
        Assert.That(Value(softmax.Forward(context, context.Upload([1000f, -1000, 0, 3e38f], 2, 2), context.Upload([1, 1], 2))),
            Is.EqualTo(1000f));
        Assert.That(softmax.Backward(context).ToArray(context.Stream), Is.EqualTo(new[] { 0.5f, -0.5f, 0, 0 }));
        var binary = new BinaryCrossEntropyWithLogits();
        Assert.That(Value(binary.Forward(context, context.Upload([1000f, -1000, 500, -500], 1, 4), context.Upload([1f, 0, 0, 1], 1, 4))),
            Is.EqualTo(1000f));
        Assert.That(binary.Backward(context).ToArray(context.Stream), Is.EqualTo(new float[] { 0, 0, 1, -1 }));
    }

    [Test]
    public void The_inverse_temperature_is_held_at_a_hundred()
    {
        var loss = new InfoNce();
        using var store = new ParameterStore(device, "contrast", loss, 1);
        Parameter k = store.Parameters[0];
        Assert.That(Value(k.Value), Is.EqualTo(Math.Log(1 / 0.07)).Within(1e-6));
        k.Value.Write(context.Stream, [9f]);
        Tensor a = context.Upload([1f, 0, 0, 1], 2, 2);
        loss.Forward(context, a, a);
        Assert.That(Value(k.Value), Is.EqualTo(Math.Log(100)).Within(1e-6));
        Assert.That(loss.Logits.ToArray(context.Stream), Is.EqualTo(new[] { 100f, 0, 0, 100f }).Within(1e-4));
    }

    [Test]
    public void A_sample_depends_on_seed_step_and_name_alone()
    {
        float[] first = Sample("latent", 1), again = Sample("latent", 1);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(Sample("latent", 2), Is.Not.EqualTo(first));
        Assert.That(Sample("other", 1), Is.Not.EqualTo(first));
        RandomKey key = RandomKey.Named(4, 1, "latent");
        RandomBlock words = Philox.Block(key, 0);
        Assert.That(first[0], Is.EqualTo(3f + 2f * Philox.NormalCos(words.W0, words.W1)).Within(1e-6));
    }

    [Test]
    public void A_row_of_zeros_stays_one()
    {
        var layer = new L2Normalize();
        Assert.That(layer.Forward(context, context.Zeros(1, 3)).ToArray(context.Stream), Is.All.Zero);
        Assert.That(layer.Backward(context, context.Upload([1f, 2, 3], 1, 3)).ToArray(context.Stream),
            Is.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Shapes_that_differ_are_refused()
    {
        Assert.That(() => new BinaryCrossEntropyWithLogits().Forward(context, context.Zeros(2, 3), context.Zeros(3, 2)),
            Throws.ArgumentException.With.Message.Contains("[3, 2]"));
        Assert.That(() => new SoftmaxCrossEntropy().Forward(context, context.Zeros(2, 3), context.Upload([1, 1, 1], 3)),
            Throws.ArgumentException);
        Assert.That(() => new InfoNce().Forward(context, context.Zeros(2, 3), context.Zeros(2, 4)), Throws.ArgumentException);
        Assert.That(() => new UnitGaussianKlDivergence().Forward(context, context.Zeros(2, 3), context.Zeros(2, 4)),
            Throws.ArgumentException);
    }

    // Mean 3, deviation 2.
    float[] Sample(string name, ulong step)
    {
        context.BeginStep(step, training: false);
        var layer = new GaussianReparameterization();
        using var store = new ParameterStore(device, name, layer, 1);
        float[] mean = [.. Enumerable.Repeat(3f, 6)], logVariance = [.. Enumerable.Repeat(MathF.Log(4f), 6)];
        return layer.Forward(context, context.Upload(mean, 2, 3), context.Upload(logVariance, 2, 3)).ToArray(context.Stream);
    }

    float Value(Tensor one) => one.ToArray(context.Stream)[0];
}
