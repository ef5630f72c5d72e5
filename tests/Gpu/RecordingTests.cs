using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

[TestFixture("cpu")]
[TestFixture("reference")]
sealed class RecordingTests(string deviceName)
{
    Device device = null!;
    Buffer<float> x = null!;
    Buffer<float> y = null!;
    Buffer<float> rate = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open(deviceName);
        (x, y, rate) = (device.Allocate<float>(100), device.Allocate<float>(100), device.Allocate<float>(1));
        device.Stream.Write<float>([.. Enumerable.Range(0, 100)], x.View);
        device.Stream.Write<float>([2f], rate.View);
    }

    [TearDown]
    public void Close()
    {
        x.Dispose();
        y.Dispose();
        rate.Dispose();
        device.Dispose();
    }

    [Test]
    public void A_replay_does_the_same_again_with_what_the_memory_holds_now()
    {
        using Recording recording = device.Stream.Record(Step);
        Assert.That(recording.Count, Is.EqualTo(5));
        Assert.That(Read(), Is.EqualTo(Expected(1, 2f)));
        // Another launch in between shall not change what was recorded.
        device.Stream.Launch(ScaleKernel, 1, y.View, rate.View, 5f);
        device.Stream.Write<float>([3f], rate.View);
        device.Stream.Replay(recording);
        Assert.That(Read(), Is.EqualTo(Expected(1, 2f).Select(v => (v + 1f) * 30f)));
    }

    [Test]
    public void A_replay_allocates_nothing()
    {
        using Recording recording = device.Stream.Record(Step);
        if (deviceName == "reference")
            Assert.Ignore("reference boxes the arguments of its kernels");
        device.Stream.Replay(recording);
        long before = GC.GetAllocatedBytesForCurrentThread();
        device.Stream.Replay(recording);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_recording_has_no_copies_from_or_to_the_host_and_ends_with_its_work()
    {
        Assert.That(() => device.Stream.Record(() => device.Stream.Write<float>([1f], rate.View)),
            Throws.InvalidOperationException.With.Message.Contains("host"));
        Assert.That(() => device.Stream.Record(() => device.Stream.Read<float>(rate.View, new float[1])),
            Throws.InvalidOperationException.With.Message.Contains("host"));
        device.Stream.Write<float>([1f], rate.View);
        using Device other = Device.Open(deviceName);
        Assert.That(() => other.Stream.Replay(device.Stream.Record(Step)),
            Throws.ArgumentException.With.Message.Contains("cannot be replayed"));
    }

    [Test]
    public void A_recording_that_was_disposed_is_not_replayed()
    {
        Recording recording = device.Stream.Record(Step);
        recording.Dispose();
        recording.Dispose();
        Assert.That(() => device.Stream.Replay(recording), Throws.TypeOf<ObjectDisposedException>());
    }

    // y = (x + 1) * rate * 10, x = y.
    void Step()
    {
        device.Stream.Clear(y.View);
        device.Stream.Copy(x.View, y.View);
        device.Stream.Launch(AddKernel, 100, y.View, 1f);
        device.Stream.Launch(ScaleKernel, 100, y.View, rate.View, 10f);
        device.Stream.Copy(y.View, x.View);
    }

    float[] Read()
    {
        var values = new float[100];
        device.Stream.Read<float>(y.View, values);
        return values;
    }

    static float[] Expected(int added, float rate) => [.. Enumerable.Range(0, 100).Select(i => (i + added) * rate * 10f)];

    static void AddKernel(Index1D i, ArrayView<float> x, float a) => x[i] += a;

    static void ScaleKernel(Index1D i, ArrayView<float> x, ArrayView<float> rate, float a) => x[i] *= rate[0] * a;
}
