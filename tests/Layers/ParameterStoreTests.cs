using Dalle2.Gpu.Runtime;
using Dalle2.Layers;

namespace Dalle2.Tests.Layers;

/// <summary>What a store keeps beside values and gradients.</summary>
public class ParameterStoreTests
{
    [Test]
    public void A_buffer_is_zeros_when_it_is_first_asked_for_and_is_cleared_by_its_name_alone()
    {
        using Device device = Device.Open("cpu", 1);
        using var store = new ParameterStore(device, "layer", new Linear(3, 4), seed: 5);
        Assert.That(store.BufferNames, Is.Empty);
        long before = device.AllocatedBytes;
        Assert.That(store.Buffer("ema", "layer.weight").ToArray(device.Stream), Is.All.Zero);
        Assert.That(device.AllocatedBytes, Is.GreaterThan(before));
        store.Buffer("ema", "layer.weight").Write(device.Stream, [.. Enumerable.Range(1, 12)]);
        store.Buffer("other", "layer.weight").Write(device.Stream, [.. Enumerable.Range(1, 12)]);
        Assert.That(store.BufferNames, Is.EqualTo(new[] { "ema", "other" }));
        Assert.That(store.Buffer("ema").Length, Is.EqualTo(store.Values.Length));
        store.Clear("ema");
        store.Clear("never asked for");
        Assert.That(store.Buffer("ema", "layer.weight").ToArray(device.Stream), Is.All.Zero);
        Assert.That(store.Buffer("other", "layer.weight").ToArray(device.Stream), Is.EqualTo(Enumerable.Range(1, 12)));
        Assert.That(store.BufferNames, Has.Count.EqualTo(2));
    }
}
