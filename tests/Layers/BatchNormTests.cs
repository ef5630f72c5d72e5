using Dalle2.Gpu.Runtime;
using Dalle2.Layers;

namespace Dalle2.Tests.Layers;

public class BatchNormTests
{
    [Test]
    public void Running_statistics_follow_the_batches_and_serve_inference([Values("reference", "cpu")] string deviceName)
    {
        const int rows = 100, channels = 3;
        using Device device = Device.Open(deviceName, deviceName == "cpu" ? 2 : 0);
        using var context = new Context(device);
        var layer = new BatchNorm(channels, momentum: 0.25f);
        using var store = new ParameterStore(device, "norm", layer, seed: 1);
        float[] Value(string name) => layer.Parameters.Single(p => p.Name == $"norm.{name}").Value.ToArray(context.Stream);

        double[] mean = new double[channels], variance = [1, 1, 1];
        float[] x = [];
        for (int step = 0; step < 3; step++)
        {
            x = [.. Enumerable.Range(0, rows * channels)
                .Select(i => (float)(Math.Sin(i * (step + 1)) * (1 + i % channels) + i % channels))];
            context.BeginStep((ulong)step, training: true);
            layer.Forward(context, context.Upload(x, rows, channels));
            layer.Abandon();
            for (int c = 0; c < channels; c++)
            {
                double[] column = [.. Enumerable.Range(0, rows).Select(row => (double)x[row * channels + c])];
                double average = column.Average();
                mean[c] = 0.75 * mean[c] + 0.25 * average;
                variance[c] = 0.75 * variance[c] + 0.25 * column.Sum(v => (v - average) * (v - average)) / (rows - 1);
            }
        }

        Assert.That(Value("runningMean"), Is.EqualTo(mean).Within(1e-5));
        Assert.That(Value("runningVariance"), Is.EqualTo(variance).Within(1e-5));

        context.BeginStep(3, training: false);
        float[] y = layer.Forward(context, context.Upload(x, rows, channels)).ToArray(context.Stream);
        Assert.That(y, Is.EqualTo(x.Select((v, i) => (v - mean[i % channels]) / Math.Sqrt(variance[i % channels] + 1e-5)).ToArray())
            .Within(1e-5));
        Assert.That(Value("runningMean"), Is.EqualTo(mean).Within(1e-5));
        // One row alone has statistics of its own only in training.
        float[] alone = layer.Forward(context, context.Upload(x.AsSpan(0, channels), 1, channels)).ToArray(context.Stream);
        Assert.That(alone, Is.EqualTo(y[..channels]).AsCollection);
    }

    [Test]
    public void Training_gives_each_channel_mean_zero_and_variance_one_far_from_zero()
    {
        const int rows = 4096;
        using Device device = Device.Open("cpu", 2);
        using var context = new Context(device);
        var layer = new BatchNorm(1);
        using var store = new ParameterStore(device, "norm", layer, seed: 1);
        context.BeginStep(0, training: true);
        // With the one-pass formula the variance of such values would be lost in rounding.
        float[] x = [.. Enumerable.Range(0, rows).Select(i => 1000f + (i % 2))];
        float[] y = layer.Forward(context, context.Upload(x, rows, 1)).ToArray(context.Stream);
        Assert.That(y.Average(), Is.EqualTo(0).Within(1e-3));
        Assert.That(y.Average(v => v * v), Is.EqualTo(1).Within(1e-3));
    }

    [Test]
    public void Refuses_an_empty_batch_and_other_channels()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        var layer = new BatchNorm(3);
        using var store = new ParameterStore(device, "norm", layer, seed: 1);
        context.BeginStep(0, training: true);
        Assert.That(() => layer.Forward(context, context.Zeros(2, 4)), Throws.ArgumentException.With.Message.Contains("[2, 4]"));
        layer.Abandon();
        Assert.That(() => layer.Forward(context, context.Zeros(0, 3)), Throws.ArgumentException.With.Message.Contains("[0, 3]"));
    }
}
