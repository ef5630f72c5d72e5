using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

/// <summary>The optimizer over stores: clipping, decay, refusal of bad gradients, resuming. The formula itself is AdamCase's.</summary>
public class AdamOptimizerTests
{
    Device device = null!;
    Context context = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("cpu", 2);
        context = new Context(device);
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        device.Dispose();
    }

    [Test]
    public void The_norm_spans_all_stores_and_clipping_scales_all_alike()
    {
        using ParameterStore first = Store(), second = Store();
        using var adam = new AdamOptimizer(device, new AdamOptions(ClipNorm: 2.5), first, second);
        Fill(first, 0.3f);
        Fill(second, 0.4f);
        // 12 + 4 weights and biases in each store: norm = sqrt(16 * 0.09 + 16 * 0.16) = 2.
        adam.Step(context, 0);
        Assert.That(adam.Norm.Scalar(context.Stream), Is.EqualTo(2f).Within(1e-6));
        Assert.That(Moment(first), Is.All.EqualTo(0.03f).Within(1e-7), "below the limit nothing is scaled");

        foreach (string name in AdamOptimizer.BufferNames)
        {
            first.Clear(name);
            second.Clear(name);
        }

        Fill(first, 3f);
        Fill(second, 4f);
        adam.Step(context, 0);
        Assert.That(adam.Norm.Scalar(context.Stream), Is.EqualTo(20f).Within(1e-5));
        Assert.That(Moment(first), Is.All.EqualTo(0.1f * 3f / 8f).Within(1e-6));
        Assert.That(Moment(second), Is.All.EqualTo(0.1f * 4f / 8f).Within(1e-6));
    }

    [Test]
    public void Without_clipping_the_gradient_is_taken_as_it_is()
    {
        using ParameterStore store = Store();
        using var adam = new AdamOptimizer(device, new AdamOptions(ClipNorm: 0), store);
        Fill(store, 100f);
        adam.Step(context, 0);
        Assert.That(Moment(store), Is.All.EqualTo(10f).Within(1e-4));
    }

    [Test]
    public void Decay_shrinks_weights_but_not_biases()
    {
        using ParameterStore store = Store();
        using var adam = new AdamOptimizer(device, new AdamOptions(WeightDecay: 0.5), store);
        foreach (Parameter parameter in store.Parameters)
            parameter.Value.Write(context.Stream, [.. Enumerable.Repeat(2f, parameter.Shape.Length)]);
        // Without a gradient there is nothing but the decay.
        adam.Step(context, 0.1);
        Assert.That(store.Parameters[0].Value.ToArray(context.Stream), Is.All.EqualTo(2f * (1f - 0.1f * 0.5f)).Within(1e-6));
        Assert.That(store.Parameters[1].Value.ToArray(context.Stream), Is.All.EqualTo(2f));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_changes_nothing_and_is_seen(float bad)
    {
        using ParameterStore store = Store();
        using var adam = new AdamOptimizer(device, new AdamOptions(WeightDecay: 0.1), store);
        Fill(store, 1f);
        adam.Step(context, 0.1);
        float[] values = All(store.Values);
        float[] first = All(store.Buffer(AdamOptimizer.FirstMoments)), second = All(store.Buffer(AdamOptimizer.SecondMoments));
        Fill(store, 1f);
        store.Parameters[1].Gradient.Write(context.Stream, [1f, bad, 1f, 1f]);
        adam.Step(context, 0.1);
        Assert.That(float.IsFinite(adam.Norm.Scalar(context.Stream)), Is.False);
        Assert.That(All(store.Values), Is.EqualTo(values));
        Assert.That(All(store.Buffer(AdamOptimizer.FirstMoments)), Is.EqualTo(first));
        Assert.That(All(store.Buffer(AdamOptimizer.SecondMoments)), Is.EqualTo(second));
        Assert.That(All(store.Gradients), Is.All.Zero, "the bad gradient must not reach the next step");
        Fill(store, 1f);
        adam.Step(context, 0.1);
        Assert.That(All(store.Values), Is.All.Matches<float>(float.IsFinite).And.Not.EqualTo(values));
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void A_loss_that_is_not_finite_changes_nothing_though_the_gradients_are_and_is_seen(float bad)
    {
        using ParameterStore store = Store();
        using var adam = new AdamOptimizer(device, new AdamOptions(WeightDecay: 0.1), store);
        float[] values = All(store.Values);
        Fill(store, 1f);
        adam.Step(context, 0.1, context.Upload([bad], 1));
        Assert.That(adam.Norm.Scalar(context.Stream), Is.NaN);
        Assert.That(All(store.Values), Is.EqualTo(values));
        Assert.That(All(store.Buffer(AdamOptimizer.FirstMoments)), Is.All.Zero);
        Assert.That(All(store.Buffer(AdamOptimizer.SecondMoments)), Is.All.Zero);
        Fill(store, 1f);
        adam.Step(context, 0.1, context.Upload([3f], 1));
        Assert.That(adam.Norm.Scalar(context.Stream), Is.EqualTo(4f));
        Assert.That(All(store.Values), Is.Not.EqualTo(values));
    }

    [Test]
    public void Resuming_at_a_step_goes_on_with_the_same_bits()
    {
        using ParameterStore whole = Store(), resumed = Store();
        using var adam = new AdamOptimizer(device, null, whole);
        using (var before = new AdamOptimizer(device, null, resumed))
            Advance(before, resumed, 0, 3);
        using var after = new AdamOptimizer(device, null, resumed) { StepCount = 3 };
        Advance(after, resumed, 3, 5);
        Advance(adam, whole, 0, 5);
        Assert.That(adam.StepCount, Is.EqualTo(5));
        Assert.That(All(resumed.Values), Is.EqualTo(All(whole.Values)));
    }

    [Test]
    public void It_finds_the_least_of_a_square()
    {
        using ParameterStore store = Store();
        using var adam = new AdamOptimizer(device, new AdamOptions(ClipNorm: 0), store);
        Tensor weight = store.Parameters[0].Value;
        for (int step = 0; step < 400; step++)
        {
            store.Parameters[0].Gradient.Write(context.Stream, [.. weight.ToArray(context.Stream).Select((w, i) => 2f * (w - i))]);
            adam.Step(context, 0.1);
        }

        Assert.That(weight.ToArray(context.Stream), Is.EqualTo(Enumerable.Range(0, 12).Select(i => (float)i)).Within(1e-2));
    }

    [Test]
    public void Options_that_make_no_sense_are_refused()
    {
        using ParameterStore store = Store();
        Assert.That(() => new AdamOptimizer(device, new AdamOptions(Beta1: 1), store),
            Throws.ArgumentException.With.Message.Contains("Beta1"));
        Assert.That(() => new AdamOptimizer(device, new AdamOptions(ClipNorm: -1), store),
            Throws.ArgumentException.With.Message.Contains("ClipNorm"));
        Assert.That(() => new AdamOptimizer(device, null), Throws.ArgumentException);
        using var adam = new AdamOptimizer(device, null, store);
        Assert.That(() => adam.Step(context, double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(adam.StepCount, Is.Zero);
    }

    void Advance(AdamOptimizer adam, ParameterStore store, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            Fill(store, 0.1f * (step + 1));
            adam.Step(context, 0.01);
        }
    }

    // 12 weights and 4 biases.
    ParameterStore Store() => new(device, "layer", new Linear(3, 4), seed: 5);

    void Fill(ParameterStore store, float value)
    {
        foreach (Parameter parameter in store.Parameters)
            parameter.Gradient.Write(context.Stream, [.. Enumerable.Repeat(value, parameter.Shape.Length)]);
    }

    float[] Moment(ParameterStore store) =>
        [.. store.Parameters.SelectMany(p => store.Buffer(AdamOptimizer.FirstMoments, p.Name).ToArray(context.Stream))];

    float[] All(ArrayView<float> view)
    {
        var values = new float[view.Length];
        context.Stream.Read<float>(view, values);
        return values;
    }
}
