using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;

namespace Dalle2.Tests.Layers;

public class ActivationTests
{
    [TestCase("relu", ActivationKind.ReLU)]
    [TestCase("leaky-relu", ActivationKind.LeakyReLU)]
    [TestCase("silu", ActivationKind.SiLU)]
    [TestCase("gelu", ActivationKind.GELU)]
    [TestCase("tanh", ActivationKind.Tanh)]
    [TestCase("sigmoid", ActivationKind.Sigmoid)]
    [TestCase("quick-gelu", ActivationKind.QuickGELU)]
    public void Are_named_by_option_text(string text, ActivationKind kind) => Assert.That(Activation.Parse(text), Is.EqualTo(kind));

    [Test]
    public void An_unknown_name_is_refused_with_the_known_ones() =>
        Assert.That(() => Activation.Parse("swosh"),
        Throws.ArgumentException.With.Message.Contains("'swosh'").And.Message.Contains("leaky-relu"));

    [Test]
    public void Stay_finite_far_out_and_let_NaN_through([Values] ActivationKind kind)
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        context.BeginStep(0, training: true);
        var layer = new Activation(kind);
        float[] x = [-1e4f, -100f, 0f, 100f, 1e4f, float.NaN];
        float[] y = layer.Forward(context, context.Upload(x, x.Length)).ToArray(context.Stream);
        float[] dx = layer.Backward(context, context.Upload([1f, 1f, 1f, 1f, 1f, 1f], x.Length)).ToArray(context.Stream);
        Assert.That(y[..^1].Concat(dx[..^1]), Is.All.Matches<float>(float.IsFinite));
        Assert.That(y[^1], Is.NaN);
    }
}
