using Dalle2.Gpu.Runtime;
using Dalle2.Layers;

namespace Dalle2.Tests.Layers;

/// <summary>The averages over a store: warm-up, replay, swapping. The formula itself is ExponentialMovingAverageCase's.</summary>
public class ExponentialMovingAverageTests
{
    Device device = null!;
    Context context = null!;
    ParameterStore store = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("cpu", 1);
        context = new Context(device);
        context.BeginStep(0, training: true);
        store = new ParameterStore(device, "layer", new Linear(3, 4), seed: 5);
    }

    [TearDown]
    public void Close()
    {
        store.Dispose();
        context.Dispose();
        device.Dispose();
    }

    [Test]
    public void Averages_begin_as_the_values_and_follow_them_slower_after_the_warm_up()
    {
        float[] first = All(store.Values);
        var ema = new ExponentialMovingAverage(store, decay: 0.5);
        Assert.That(All(store.Buffer(ExponentialMovingAverage.Averages)), Is.EqualTo(first));
        Assert.That(Enumerable.Range(0, 12).Select(step => ema.DecayAt(step)).Take(3), Is.EqualTo(new[] { 0.1, 2 / 11.0, 0.25 }));
        Assert.That(ema.DecayAt(8), Is.EqualTo(0.5));
        Assert.That(ema.DecayAt(1000), Is.EqualTo(0.5));
        Assert.That(new ExponentialMovingAverage(store, decay: 0.5, warmsUp: false).DecayAt(0), Is.EqualTo(0.5));
        Fill(1f);
        ema.Step(context);
        Assert.That(ema.StepCount, Is.EqualTo(1));
        Assert.That(Average(), Is.EqualTo(0.1f * Weight(first) + 0.9f).Within(1e-6));
    }

    [Test]
    public void A_replayed_step_takes_its_own_decay()
    {
        var ema = new ExponentialMovingAverage(store);
        Fill(1f);
        using var step = new RecordedStep(context, () =>
        {
            ema.Update(context);
            return store.Parameters[0].Value;
        });
        double expected = Average();
        for (int t = 0; t < 3; t++)
        {
            context.BeginStep((ulong)t, training: true);
            using (context.GatherUploads())
                ema.Prepare(context);
            step.Run();
            expected += (1 - (1.0 + t) / (10 + t)) * (1 - expected);
        }

        Assert.That(Average(), Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void Swapping_gives_the_layer_the_averages_and_back()
    {
        float[] first = All(store.Values);
        var ema = new ExponentialMovingAverage(store);
        Fill(7f);
        float[] values = All(store.Values);
        ema.Swap(context.Stream);
        Assert.That(All(store.Values), Is.EqualTo(first));
        Assert.That(() => ema.Step(context), Throws.InvalidOperationException);
        using var other = new ParameterStore(device, "layer", new Linear(3, 4), seed: 6);
        ema.CopyTo(context.Stream, other);
        Assert.That(All(other.Values), Is.EqualTo(first));
        ema.Swap(context.Stream);
        Assert.That(All(store.Values), Is.EqualTo(values));
        Assert.That(ema.IsSwapped, Is.False);
        using var narrow = new ParameterStore(device, "layer", new Linear(3, 3), seed: 6);
        Assert.That(() => ema.CopyTo(context.Stream, narrow), Throws.ArgumentException);
    }

    [Test]
    public void Averages_that_a_checkpoint_brought_are_kept()
    {
        store.Buffer(ExponentialMovingAverage.Averages);
        _ = new ExponentialMovingAverage(store);
        Assert.That(All(store.Buffer(ExponentialMovingAverage.Averages)), Is.All.Zero);
        Assert.That(() => new ExponentialMovingAverage(store, decay: 1), Throws.ArgumentException);
    }

    void Fill(float value)
    {
        foreach (Parameter parameter in store.Parameters)
            parameter.Value.Write(context.Stream, [.. Enumerable.Repeat(value, parameter.Shape.Length)]);
    }

    float Average() => store.Buffer(ExponentialMovingAverage.Averages, store.Parameters[0].Name).ToArray(context.Stream)[0];

    float Weight(float[] values) => values[0];

    float[] All(ArrayView<float> view)
    {
        var values = new float[view.Length];
        context.Stream.Read<float>(view, values);
        return values;
    }
}
