using Dalle2.Gpu.Runtime;
using Dalle2.Layers;

namespace Dalle2.Tests.Layers;

public class DropoutTests
{
    const int Count = 100_000;

    [TestCase(0.1f)]
    [TestCase(0.5f)]
    [TestCase(0.9f)]
    public void Keeps_the_share_that_it_should_and_the_mean(float probability)
    {
        float[] y = Run(probability, step: 1);
        double kept = y.Count(v => v != 0) / (double)Count;
        // Five standard deviations of a binomial share.
        Assert.That(kept, Is.EqualTo(1 - probability).Within(5 * Math.Sqrt(probability * (1 - probability) / Count)));
        Assert.That(y.Where(v => v != 0), Is.All.EqualTo(1 / (1 - probability)).Within(1e-6));
    }

    [Test]
    public void Is_a_function_of_seed_step_and_name()
    {
        float[] first = Run(0.5f, step: 1);
        Assert.That(Run(0.5f, step: 1), Is.EqualTo(first).AsCollection);
        foreach (float[] other in new[] { Run(0.5f, step: 2), Run(0.5f, step: 1, seed: 10), Run(0.5f, step: 1, name: "other") })
            Assert.That(other.Zip(first, (a, b) => a == b).Count(same => same) / (double)Count, Is.EqualTo(0.5).Within(0.01));
    }

    [Test]
    public void Is_the_identity_outside_of_training_and_for_probability_zero()
    {
        Assert.That(Run(0.5f, step: 1, training: false), Is.All.EqualTo(1f));
        Assert.That(Run(0f, step: 1), Is.All.EqualTo(1f));
    }

    [TestCase(-0.1f)]
    [TestCase(1f)]
    [TestCase(float.NaN)]
    public void Refuses_what_is_no_probability(float probability) =>
        Assert.That(() => new Dropout(probability), Throws.ArgumentException.With.Message.Contains("[0, 1)"));

    static float[] Run(float probability, ulong step, ulong seed = 9, string name = "dropout", bool training = true)
    {
        using Device device = Device.Open("cpu", 2);
        using var context = new Context(device, seed);
        var layer = new Dropout(probability);
        using var store = new ParameterStore(device, name, layer, seed: 1);
        context.BeginStep(step, training);
        return layer.Forward(context, context.Upload([.. Enumerable.Repeat(1f, Count)], Count)).ToArray(context.Stream);
    }
}
