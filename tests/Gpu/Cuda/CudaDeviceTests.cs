using System.Runtime.CompilerServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>What a CUDA device asks of the driver, in which order, and what it says when the driver refuses.</summary>
public class CudaDeviceTests
{
    const string Start = "Init|DevicePrimaryCtxRetain 10|StreamCreate 1|MemPoolSetAttribute 4 ffffffffffffffff";

    [Test]
    public void Opening_and_closing_leaves_nothing_behind()
    {
        var driver = new StandInDriver();
        using (CudaDevice device = StandInDevice.Open(driver))
        {
            Assert.That(string.Join('|', driver.Calls), Is.EqualTo(Start));
            Assert.That(device.Name, Is.EqualTo("cuda:0"));
            Assert.That(device.Description, Is.EqualTo("CUDA: Stand-in, compute capability 9.0, 4 SMs of 65536 registers and 100 KiB "
                + "shared memory, 1.0 GiB, driver for CUDA 12.4, kernels for sm_90"));
            using Buffer<float> x = device.Allocate<float>(1000);
            device.Stream.Write<float>(new float[1000], x.View);
            device.Stream.Launch(ScaleKernel, 1000, x.View, 2f);
            using CudaGraph graph = device.Record(() => device.Stream.Launch(ScaleKernel, 1000, x.View, 2f));
        }

        Assert.That(driver.Alive, Is.Empty);
    }

    [Test]
    public void A_launch_between_copies_is_these_calls_and_waits_only_to_read()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<float> x = device.Allocate<float>(1000);
        driver.Calls.Clear();
        device.Stream.Write<float>([.. Enumerable.Range(0, 1000)], x.View);
        device.Stream.Launch(ScaleKernel, 1000, x.View, 2f);
        device.Stream.Launch(ScaleKernel, 1000, x.View, 3f);
        Assert.That(string.Join('|', driver.Calls), Is.EqualTo(
            "MemHostAlloc 4194304|EventCreate 2|MemcpyHtoDAsync 4000|EventRecord"
            + "|LinkCreate|LinkAddData|LinkComplete|LinkDestroy|ModuleLoadData|ModuleGetFunction"
            + "|LaunchKernel CudaDeviceTests_ScaleKernel 8x1x1 128x1x1|LaunchKernel CudaDeviceTests_ScaleKernel 8x1x1 128x1x1"));
        driver.Calls.Clear();
        Assert.That(Read(device, x), Is.EqualTo(Enumerable.Range(0, 1000).Select(i => 6f * i)));
        Assert.That(string.Join('|', driver.Calls),
            Is.EqualTo("MemHostAlloc 4194304|EventCreate 2|MemcpyDtoHAsync 4000|EventRecord|EventSynchronize"));
    }

    [Test]
    public void The_source_of_a_copy_may_change_at_once_and_long_copies_go_in_pieces()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        const int length = 3 * (1 << 20) + 5;
        using Buffer<int> x = device.Allocate<int>(length);
        int[] values = [.. Enumerable.Range(0, length)];
        device.Stream.Write<int>(values, x.View);
        Array.Clear(values);
        driver.Calls.Clear();
        device.Stream.Read<int>(x.View, values);
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, length)));
        Assert.That(driver.Calls.Where(call => call.StartsWith("Memcpy")),
            Is.EqualTo((string[])["MemcpyDtoHAsync 4194304", "MemcpyDtoHAsync 4194304", "MemcpyDtoHAsync 4194304", "MemcpyDtoHAsync 20"]));
    }

    [Test]
    public void Copies_and_clearing_within_the_card_keep_what_lies_around_them()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver());
        using Buffer<int> x = device.Allocate<int>(100), y = device.Allocate<int>(100);
        device.Stream.Write<int>([.. Enumerable.Range(0, 100)], x.View);
        device.Stream.Clear(y.View);
        device.Stream.Copy(x.View.SubView(13, 10), y.View.SubView(50, 10));
        device.Stream.Clear(x.View.SubView(3, 2));
        device.Stream.Copy(x.View.Part(0, 0), y.View.Part(100, 0));
        Assert.That(Read(device, y), Is.EqualTo(Enumerable.Range(0, 100).Select(i => i is >= 50 and < 60 ? i - 37 : 0)));
        Assert.That(Read(device, x), Is.EqualTo(Enumerable.Range(0, 100).Select(i => i is 3 or 4 ? 0 : i)));
    }

    [Test]
    public void Any_thread_of_the_host_may_come()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver());
        float[] left = [];
        var other = new Thread(() =>
        {
            using Buffer<float> x = device.Allocate<float>(3);
            device.Stream.Write<float>([1, 2, 3], x.View);
            device.Stream.Launch(ScaleKernel, 3, x.View, 2f);
            left = Read(device, x);
        });
        other.Start();
        other.Join();
        Assert.That(left, Is.EqualTo(new float[] { 2, 4, 6 }));
    }

    // Four multiprocessors, 65536 registers and 2048 threads each.
    [TestCase(1, 40, "1x1x1 32x1x1")]
    [TestCase(129, 40, "5x1x1 32x1x1")]
    [TestCase(255, 40, "4x1x1 64x1x1")]
    [TestCase(512, 40, "4x1x1 128x1x1")]
    [TestCase(100_000, 40, "782x1x1 128x1x1")]
    [TestCase(100_000, 255, "782x1x1 128x1x1")]
    [TestCase(100_000, 600, "3125x1x1 32x1x1", Description = "of 109 threads, three groups of 32 are more than one of 64")]
    public void Groups_fill_the_multiprocessors_and_leave_none_idle(int threads, int registers, string shape)
    {
        var driver = new StandInDriver { Registers = registers };
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<float> x = device.Allocate<float>(threads);
        device.Stream.Clear(x.View);
        device.Stream.Launch(ScaleKernel, threads, x.View, 2f);
        Assert.That(driver.Calls[^1], Is.EqualTo($"LaunchKernel CudaDeviceTests_ScaleKernel {shape}"));
    }

    [Test]
    public void A_view_that_begins_at_no_multiple_of_16_bytes_has_a_program_of_its_own()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver());
        using Buffer<float> x = device.Allocate<float>(64);
        device.Stream.Write<float>([.. Enumerable.Repeat(1f, 64)], x.View);
        device.Stream.Launch(FourKernel, 4, x.View);
        device.Stream.Launch(FourKernel, 4, x.View.SubView(16));
        Assert.That(device.Programs, Is.EqualTo((0, 1)));
        device.Stream.Launch(FourKernel, 4, x.View.SubView(33));
        Assert.That(device.Programs, Is.EqualTo((0, 2)));
        Assert.That(Read(device, x), Is.EqualTo(Enumerable.Range(0, 64).Select(i => i < 32 || i is >= 33 and < 49 ? 2f : 1f)));
    }

    [Test]
    public void Texts_are_for_the_highest_capability_that_card_and_driver_take(
        [Values(60, 61, 75, 86, 89, 90, 100, 120)] int capability, [Values(9000, 11000, 11080, 12070)] int version)
    {
        int expected = new[] { (60, 9000), (70, 9000), (80, 11000), (90, 11080), (100, 12070) }.Where(v => v.Item1 <= capability
            && v.Item2 <= version).Max(v => v.Item1);
        using CudaDevice device = StandInDevice.Open(new StandInDriver { Capability = capability, DriverVersion = version });
        Assert.That(device.Hardware.SmVersion, Is.EqualTo(expected));
    }

    [Test]
    public void What_was_recorded_runs_again_in_one_launch()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<float> x = device.Allocate<float>(10), y = device.Allocate<float>(10);
        device.Stream.Write<float>([.. Enumerable.Range(0, 10)], x.View);
        using CudaGraph graph = device.Record(() =>
        {
            device.Stream.Copy(x.View, y.View);
            for (int i = 0; i < 5; i++)
                device.Stream.Launch(ScaleKernel, 10, y.View, 2f);
            device.Stream.Clear(x.View.SubView(0, 3));
        });
        Assert.That(graph.Launches, Is.EqualTo(5));
        Assert.That(Read(device, x), Is.EqualTo(Enumerable.Range(0, 10)), "recording runs nothing");
        driver.Calls.Clear();
        graph.Replay();
        graph.Replay();
        Assert.That(driver.Calls, Is.EqualTo((string[])["GraphLaunch", "GraphLaunch"]));
        Assert.That(Read(device, y), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i < 3 ? 0f : 32f * i)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void The_graph_of_a_recording_is_freed_with_it(bool isForgotten)
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<float> x = device.Allocate<float>(10);
        Replay(device, x, isForgotten);
        for (int turn = 0; turn < 20 && !driver.Calls.Contains("GraphExecDestroy"); turn++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(driver.Calls.Count(call => call == "GraphLaunch"), Is.EqualTo(1));
        Assert.That(driver.Calls.Count(call => call == "GraphExecDestroy"), Is.EqualTo(1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Replay(CudaDevice device, Buffer<float> x, bool isForgotten)
    {
        Recording recording = device.Stream.Record(() => device.Stream.Launch(ScaleKernel, 10, x.View, 2f));
        device.Stream.Replay(recording);
        if (!isForgotten)
            recording.Dispose();
    }

    [TestCase(12040, 1, 0)]
    [TestCase(11030, 0, 6)]
    public void A_streams_recording_is_replayed_as_a_graph_where_the_driver_has_them(int version, int graphs, int launches)
    {
        var driver = new StandInDriver { DriverVersion = version };
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<float> x = device.Allocate<float>(10), y = device.Allocate<float>(10);
        device.Stream.Write<float>([.. Enumerable.Range(0, 10)], x.View);
        using Recording recording = device.Stream.Record(() =>
        {
            device.Stream.Clear(y.View.SubView(0, 2));
            device.Stream.Copy(x.View.SubView(0, 5), x.View.SubView(5, 5));
            for (int i = 0; i < 3; i++)
                device.Stream.Launch(ScaleKernel, 10, x.View, 2f);
        });
        device.Stream.Replay(recording);
        driver.Calls.Clear();
        device.Stream.Replay(recording);
        Assert.That(driver.Calls.Count(call => call == "GraphLaunch"), Is.EqualTo(graphs));
        Assert.That(driver.Calls.Count(call => call.StartsWith("LaunchKernel")), Is.EqualTo(launches / 2));
        device.Stream.Replay(recording);
        Assert.That(Read(device, x), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i < 5 ? 4096f * i : 4096f * (i - 5))));
        Assert.That(device.ReplayObstacle, graphs > 0 ? Is.Null : Does.Contain("no graphs").And.Contains("11.4"));
    }

    [Test]
    public void Memory_taken_and_freed_while_recording_does_not_enter_the_graph()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        Buffer<float> x = device.Allocate<float>(10);
        Buffer<float>? made = null;
        using CudaGraph graph = device.Record(() =>
        {
            x.Dispose();
            made = device.Allocate<float>(20);
            device.Stream.Clear(made.View);
        });
        Assert.That(driver.Calls.Single(call => call.StartsWith("StreamEndCapture")), Is.EqualTo("StreamEndCapture 1"));
        Assert.That(driver.Calls.Count(call => call == "MemFreeAsync"), Is.EqualTo(1), "freed after the recording");
        graph.Replay();
        Assert.That(Read(device, made!), Is.All.Zero);
        made!.Dispose();
    }

    [Test]
    public void What_cannot_be_recorded_is_said()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver());
        using Buffer<float> x = device.Allocate<float>(4);
        Assert.That(() => device.Record(() => Read(device, x)),
            Throws.InvalidOperationException.With.Message.EqualTo(
            "cuda:0 is read from while a recording is under way; do that before or after it"));
        Assert.That(() => device.Record(() => device.Stream.Write<float>([1, 2, 3, 4], x.View)),
            Throws.InvalidOperationException.With.Message.Contains("written to"));
        Assert.That(() => device.Record(() => device.Record(() => { })),
            Throws.InvalidOperationException.With.Message.Contains("under way already"));
        device.Stream.Write<float>([1, 2, 3, 4], x.View);
        Assert.That(Read(device, x), Is.EqualTo(new float[] { 1, 2, 3, 4 }), "the device goes on");
        using CudaDevice old = StandInDevice.Open(new StandInDriver { HasGraphs = false });
        Assert.That(() => old.Record(() => { }), Throws.TypeOf<KernelException>().With.Message.Contains(
            "takes a driver for CUDA 11.4 or later").And.Message.Contains("CUDA_ERROR_NOT_SUPPORTED"));
    }

    [Test]
    public void A_profiler_gets_the_cards_own_time()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver());
        using Buffer<float> x = device.Allocate<float>(4);
        device.Stream.Clear(x.View);
        var records = new Records();
        device.Profiler = records;
        device.Stream.Launch(ScaleKernel, 4, x.View, 2f);
        StreamRecord record = records.All.Single();
        Assert.That(record.Began, Is.InRange(record.Start, record.End));
    }

    [Test]
    public void A_card_tells_what_a_kernel_needs()
    {
        System.Reflection.MethodInfo kernel = ((Action<Index1D, ArrayView<float>, float>)ScaleKernel).Method;
        Assert.That(CardResources.Describe(kernel, null), Is.Null);
        Assert.That(CardResources.Describe(kernel, new StandInDriver(), StandInDevice.NoFolder), Is.EqualTo(
            "cuda:0, Stand-in: 40 registers a thread, 16 bytes of local memory a thread (arrays, and registers that spilled), 0 bytes of "
            + "shared memory a group"));
    }

    static float[] Read(Device device, Buffer<float> buffer)
    {
        var values = new float[buffer.Length];
        device.Stream.Read<float>(buffer.View, values);
        return values;
    }

    static int[] Read(Device device, Buffer<int> buffer)
    {
        var values = new int[buffer.Length];
        device.Stream.Read<int>(buffer.View, values);
        return values;
    }

    static void ScaleKernel(Index1D i, ArrayView<float> x, float factor) => x[i] *= factor;

    static void FourKernel(Index1D i, ArrayView<float> x)
    {
        for (int j = 0; j < 4; j++)
            x[i * 4 + j] += 1f;
    }

    sealed class Records : ILaunchProfiler
    {
        public List<StreamRecord> All { get; } = [];

        public void Done(in StreamRecord record) => All.Add(record);
    }
}
