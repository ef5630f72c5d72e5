using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Gpu.Targets.OpenCl;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>Memory, order, errors and the cache of programs of an OpenCL device.</summary>
public class OpenClRuntimeTests
{
    [Test]
    public void Copies_within_the_device_keep_what_lies_around_them()
    {
        OpenClDevice device = OpenClOnce.Device(16);
        using Buffer<int> x = device.Allocate<int>(1000), y = device.Allocate<int>(1000);
        device.Stream.Write<int>([.. Enumerable.Range(0, 1000)], x.View);
        device.Stream.Clear(y.View);
        device.Stream.Copy(x.View.SubView(13, 100), y.View.SubView(501, 100));
        device.Stream.Copy(x.View.SubView(0, 5), x.View.SubView(990, 5));
        device.Stream.Write<int>([-1, -2], y.View.SubView(3, 2));
        device.Stream.Copy(x.View.Part(0, 0), y.View.Part(1000, 0));
        Assert.That(Read(device, y), Is.EqualTo(Enumerable.Range(0, 1000)
            .Select(i => i is 3 or 4 ? 2 - i : i is >= 501 and < 601 ? i - 488 : 0)));
        Assert.That(Read(device, x)[985..], Is.EqualTo((int[])[985, 986, 987, 988, 989, 0, 1, 2, 3, 4, 995, 996, 997, 998, 999]));
    }

    [TestCase(0, 64)]
    [TestCase(1, 3)]
    [TestCase(4, 9)]
    [TestCase(16, 32)]
    public void Clearing_keeps_what_lies_around(int start, int count)
    {
        OpenClDevice device = OpenClOnce.Device(16);
        using Buffer<byte> bytes = device.Allocate<byte>(64);
        device.Stream.Write<byte>([.. Enumerable.Repeat((byte)7, 64)], bytes.View);
        device.Stream.Clear(bytes.View.Part(start, count));
        var values = new byte[64];
        device.Stream.Read<byte>(bytes.View, values);
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, 64).Select(i => i >= start && i < start + count ? 0 : 7)));
    }

    [Test]
    public void Launches_and_copies_keep_their_order()
    {
        OpenClDevice device = OpenClOnce.Device(16);
        using Buffer<int> x = device.Allocate<int>(100), y = device.Allocate<int>(100);
        device.Stream.Clear(x.View);
        for (int i = 0; i < 3000; i++)
        {
            device.Stream.Launch(DoubleAndAdd, 100, x.View, i % 3);
            if (i == 1500)
                device.Stream.Copy(x.View, y.View);
        }

        static int Expected(int launches) => Enumerable.Range(0, launches).Aggregate(0, (value, i) => unchecked(value * 5 + i % 3));
        Assert.That(Read(device, x), Is.All.EqualTo(Expected(3000)));
        Assert.That(Read(device, y), Is.All.EqualTo(Expected(1501)));
    }

    [Test]
    public void A_buffer_may_go_while_launches_still_use_it()
    {
        OpenClDevice device = OpenClOnce.Device(16);
        long before = device.AllocatedBytes;
        using Buffer<int> sum = device.Allocate<int>(64);
        device.Stream.Clear(sum.View);
        for (int i = 0; i < 50; i++)
        {
            using Buffer<int> other = device.Allocate<int>(64);
            device.Stream.Clear(other.View);
            device.Stream.Launch(DoubleAndAdd, 64, other.View, i);
            device.Stream.Launch(AddKernel, 64, other.View, sum.View);
        }

        Assert.That(Read(device, sum), Is.All.EqualTo(49 * 50 / 2));
        Assert.That(device.AllocatedBytes - before, Is.EqualTo(64 * sizeof(int)));
    }

    [Test]
    public void Too_much_memory_is_refused_with_figures()
    {
        OpenClDevice device = OpenClOnce.Device(16);
        long before = device.AllocatedBytes;
        Assert.That(() => device.Allocate<byte>(1L << 50),
            Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains("1073741824 MiB").And.Message.Contains("in use"));
        Assert.That(device.AllocatedBytes, Is.EqualTo(before));
    }

    [Test]
    public void A_view_of_freed_memory_is_an_error_with_the_kernel()
    {
        OpenClDevice device = OpenClOnce.Device(16);
        Buffer<int> x = device.Allocate<int>(8);
        ArrayView<int> view = x.View;
        x.Dispose();
        Assert.That(
            () => device.Stream.Launch(DoubleAndAdd, 8, view, 1),
            Throws.TypeOf<KernelException>().With.Message.Contains(
            "OpenClRuntimeTests.DoubleAndAdd, launched over 8x1x1 threads").And.Message.Contains("freed"));
    }

    [Test]
    public void A_text_that_the_driver_refuses_is_an_error_with_kernel_and_log() =>
        Assert.That(
            () => OpenClOnce.Device(16).Build("Some.Kernel", new OpenClText("k", "__kernel void k(float x) { y = x; }", 0)),
            Throws.TypeOf<KernelException>().With.Message.Contains("Some.Kernel").And.Message.Contains(
            "CL_BUILD_PROGRAM_FAILURE").And.Message.Contains("error"));

    [Test]
    public void A_second_device_finds_the_programs_of_the_first_and_builds_damaged_ones_again()
    {
        _ = OpenClOnce.Device(16);
        string folder = Directory.CreateTempSubdirectory("opencl-programs").FullName;
        try
        {
            Assert.That(Run(), Is.EqualTo((0, 1)));
            Assert.That(Run(), Is.EqualTo((1, 0)));
            string entry = Directory.GetFiles(folder).Single();
            byte[] whole = File.ReadAllBytes(entry);
            foreach (byte[] damaged in new byte[][] { [], whole[..40], [.. whole[..^1], (byte)(whole[^1] ^ 1)],
                [.. new byte[32], .. whole[32..]] })
            {
                File.WriteAllBytes(entry, damaged);
                Assert.That(Run(), Is.EqualTo((0, 1)), $"{damaged.Length} bytes");
                Assert.That(Run(), Is.EqualTo((1, 0)), "written again");
            }

            Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(1), "no temporary file stays");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        (int Cached, int Compiled) Run()
        {
            using OpenClDevice device = OpenClDevice.Open("opencl:0", folder);
            using Buffer<int> x = device.Allocate<int>(20);
            device.Stream.Clear(x.View);
            device.Stream.Launch(DoubleAndAdd, 20, x.View, 4);
            Assert.That(Read(device, x), Is.All.EqualTo(4));
            return device.Programs;
        }
    }

    [Test]
    public void A_binary_that_the_driver_does_not_take_is_built_again()
    {
        OpenClDevice shared = OpenClOnce.Device(16);
        string folder = Directory.CreateTempSubdirectory("opencl-programs").FullName;
        try
        {
            var cache = new ProgramCache(folder);
            using (OpenClDevice device = OpenClDevice.Open("opencl:0", folder))
                device.Build("Some.Kernel", Doubling).Dispose();
            string key = Path.GetFileNameWithoutExtension(Directory.GetFiles(folder).Single());
            cache.Write(key, [1, 2, 3, 4, 5, 6, 7, 8]);
            Assert.That(cache.Read(key), Has.Length.EqualTo(8));
            using (OpenClDevice device = OpenClDevice.Open("opencl:0", folder))
            {
                device.Build("Some.Kernel", Doubling).Dispose();
                Assert.That(device.Programs, Is.EqualTo((0, 1)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.That(shared.Name, Is.EqualTo("opencl:0"));
    }

    [Test]
    public void A_cache_that_cannot_be_written_costs_nothing_but_time()
    {
        _ = OpenClOnce.Device(16);
        string file = Path.GetTempFileName();
        try
        {
            using OpenClDevice device = OpenClDevice.Open("opencl:0", Path.Combine(file, "below-a-file"));
            device.Build("Some.Kernel", Doubling).Dispose();
            Assert.That(device.Programs, Is.EqualTo((0, 1)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [TestCase("opencl:99", "there is no device 'opencl:99'")]
    [TestCase("opencl:x", "opencl:0, opencl:1")]
    [TestCase("opencl:-1", "opencl:0, opencl:1")]
    public void A_device_that_is_not_there_says_why(string name, string reason)
    {
        _ = OpenClOnce.Device(16);
        Assert.That(() => Device.Open(name), Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(reason));
    }

    [Test]
    public void The_number_of_threads_cannot_be_chosen() =>
        Assert.That(() => Device.Open("opencl:0", 3),
        Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains("driver's business"));

    [Test]
    public void The_list_has_the_driver_and_its_version_or_what_to_install()
    {
        IReadOnlyList<DeviceDescription> all = Device.All();
        DeviceDescription first = all.First(device => device.Kind == "opencl");
        Assert.That(first.Reason, first.Name == "opencl"
            ? Does.Contain("install pocl-opencl-icd") : Does.Contain("driver").And.Contain("OpenCL "));
        Assert.That(first.Available || first.Reason.Length > 10, Is.True);
    }

    [TestCase(1)]
    [TestCase(16)]
    public void Checked_mode_names_kernel_index_view_and_line(int lanes)
    {
        _ = OpenClOnce.Device(lanes);
        using OpenClDevice device = OpenClDevice.Open("opencl:0", OpenClOnce.CacheFolder, lanes, CheckMode.Require);
        using Buffer<int> x = device.Allocate<int>(40);
        device.Stream.Clear(x.View);
        device.Stream.Launch(StoreAt, 40, x.View, 0);
        Assert.That(
            () => device.Stream.Launch(StoreAt, 40, x.View, 30),
            Throws.TypeOf<KernelException>().With.Message.Contains(
            "OpenClRuntimeTests.StoreAt, launched over 40x1x1 threads").And.Message.Match(
            "index [4-6][0-9] lies outside x of 40 elements").And.Message.Contains("OpenClRuntimeTests.cs"));
        Assert.That(() => device.Stream.Launch(DivideBy, 40, x.View, 0),
            Throws.TypeOf<KernelException>().With.Message.Contains("divided by 0"));
        device.Stream.Launch(StoreAt, 10, x.View, 30);
        Assert.That(Read(device, x)[30..], Is.All.EqualTo(1), "after a failed launch the device goes on");
    }

    static OpenClText Doubling => new("twice", "__kernel void twice(__global float* x) { x[get_global_id(0)] *= 2; }", 0);

    static int[] Read(Device device, Buffer<int> buffer)
    {
        var values = new int[buffer.Length];
        device.Stream.Read<int>(buffer.View, values);
        return values;
    }

    static void DoubleAndAdd(Index1D i, ArrayView<int> x, int value) => x[i] = x[i] * 5 + value;

    static void AddKernel(Index1D i, ArrayView<int> x, ArrayView<int> y) => y[i] += x[i];

    static void StoreAt(Index1D i, ArrayView<int> x, int at) => x[at + i] = 1;

    static void DivideBy(Index1D i, ArrayView<int> x, int divisor) => x[i] = (i + 7) / divisor;
}
