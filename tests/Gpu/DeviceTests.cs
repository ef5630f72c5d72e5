using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu;

/// <summary>Opening devices, their memory, and that neither their number nor their threads change a bit.</summary>
public class DeviceTests
{
    [TestCase("gpu", 0, "there is no device 'gpu'")]
    [TestCase("", 0, "there is no device ''")]
    [TestCase("reference", 2, "one thread")]
    [TestCase("cpu", -1, "between 1 and 1024")]
    [TestCase("cpu", 1025, "between 1 and 1024")]
    public void A_device_that_cannot_be_had_says_why(string name, int threads, string reason) =>
        Assert.That(() => Device.Open(name, threads), Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(reason));

    [Test]
    public void Every_device_that_is_listed_as_available_opens()
    {
        foreach (DeviceDescription description in Device.All().Where(d => d.Available))
        {
            using Device device = Device.Open(description.Name);
            Assert.That(device.Name, Is.EqualTo(description.Name));
            Assert.That(device.Description, Is.Not.Empty);
        }
    }

    [Test]
    public void Memory_is_counted_and_given_back()
    {
        using Device device = Device.Open("reference");
        using (Buffer<float> buffer = device.Allocate<float>(1000))
        {
            Assert.That(device.AllocatedBytes, Is.EqualTo(4000));
            buffer.Dispose();
            Assert.That(device.AllocatedBytes, Is.Zero);
            Assert.That(() => buffer.View, Throws.TypeOf<ObjectDisposedException>());
        }

        Assert.That(device.AllocatedBytes, Is.Zero, "disposing twice gives back once");
    }

    [Test]
    public void Too_much_memory_is_refused_with_figures()
    {
        using Device device = Device.Open("cpu");
        Assert.That(() => device.Allocate<byte>(1L << 60),
            Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains("1099511627776 MiB"));
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void The_number_of_threads_changes_no_bit()
    {
        using Device reference = Device.Open("reference");
        float[] expected = Work(reference);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using Device device = Device.Open("cpu", threads);
            Assert.That(device.Threads, Is.EqualTo(threads));
            Assert.That(Work(device), Is.EqualTo(expected), $"{threads} threads");
        }
    }

    [Test]
    public void Two_devices_work_at_once()
    {
        using Device first = Device.Open("cpu", 2), second = Device.Open("cpu", 2);
        float[] expected = Work(first);
        float[][] results = new float[2][];
        Parallel.Invoke(
            () => results[0] = Enumerable.Range(0, 20).Select(_ => Work(first)).Last(),
            () => results[1] = Enumerable.Range(0, 20).Select(_ => Work(second)).Last());
        Assert.That(results, Is.All.EqualTo(expected));
    }

    [Test]
    public void An_arena_gives_the_same_memory_for_the_same_step()
    {
        using Device device = Device.Open("reference");
        using var arena = new Arena(device);
        long[] Addresses()
        {
            arena.Reset();
            return [.. new long[] { 1, 1000, 0, 33, 9_000_000, 5 }.Select(n => Address(arena.Allocate<float>(n)))];
        }

        long[] first = Addresses();
        long capacity = arena.CapacityBytes;
        Assert.That(Addresses(), Is.EqualTo(first));
        Assert.That(arena.CapacityBytes, Is.EqualTo(capacity));
        Assert.That(first.Select(a => a % 64), Is.All.Zero);
        Assert.That(device.AllocatedBytes, Is.EqualTo(capacity));
    }

    [Test]
    public void Tensors_of_one_step_do_not_overlap()
    {
        using Device device = Device.Open("reference");
        using var arena = new Arena(device);
        int[] lengths = [1, 15, 16, 17, 1000, 8_400_000, 3];
        ArrayView<int>[] views = [.. lengths.Select(n => arena.Allocate<int>(n))];
        for (int v = 0; v < views.Length; v++)
            device.Stream.Launch(FillKernel, lengths[v], views[v], v);
        for (int v = 0; v < views.Length; v++)
        {
            var values = new int[lengths[v]];
            device.Stream.Read<int>(views[v], values);
            Assert.That(values.Distinct(), Is.EqualTo(new[] { v }));
        }
    }

    [Test]
    public void A_poisoned_arena_shows_what_was_never_written()
    {
        using Device device = Device.Open("reference");
        using var arena = new Arena(device);
        ArrayView<float> view = arena.Allocate<float>(10);
        device.Stream.Clear(view);
        arena.Poison();
        var values = new float[10];
        device.Stream.Read<float>(view, values);
        Assert.That(values, Is.All.NaN);
    }

    static long Address(ArrayView<float> view) => ViewAddress.Of(view);

    static void FillKernel(Index1D i, ArrayView<int> y, int value) => y[i] = value;

    // Random numbers, a product, its bias gradient and a sum: ragged sizes, long reductions.
    static float[] Work(Device device)
    {
        using var arena = new Arena(device);
        Tensor New(params int[] extents) => new(arena.Allocate<float>(new Shape(extents).Length), new Shape(extents));
        Tensor a = New(37, 301), b = New(301, 29), c = New(37, 29), bias = New(29), partialBias = New(BiasOp.PartialRows(37), 29),
            sum = New(1), partials = New(ReductionOp.Partials(37 * 301));
        RandomOp.Normal(device.Stream, a, RandomKey.Named(1, 0, "a"));
        RandomOp.Uniform(device.Stream, b, RandomKey.Named(1, 0, "b"));
        GemmOp.Multiply(device.Stream, a, b, c);
        device.Stream.Clear(bias.View);
        BiasOp.Backward(device.Stream, c, partialBias, bias);
        ReductionOp.Sum(device.Stream, a, partials, sum);
        return [.. c.ToArray(device.Stream), .. bias.ToArray(device.Stream), .. sum.ToArray(device.Stream)];
    }
}
