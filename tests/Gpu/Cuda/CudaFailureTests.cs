using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>What a CUDA device says, and what still works, when the driver refuses.</summary>
public class CudaFailureTests
{
    [Test]
    public void Without_a_driver_the_list_and_the_error_say_what_to_install()
    {
        string file = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        Assert.That(CudaDevice.List(null), Is.EqualTo(
            (DeviceDescription[])[new("cuda", "cuda", false, $"{file} not found: install the NVIDIA driver")]));
        Assert.That(() => CudaDevice.Open("cuda:0", null),
            Throws.TypeOf<DeviceUnavailableException>().With.Message.EqualTo($"cuda:0: {file} not found: install the NVIDIA driver"));
    }

    [Test]
    public void The_list_has_every_card_or_why_there_is_none()
    {
        Assert.That(CudaDevice.List(new StandInDriver { Cards = 2 }).Select(d => (d.Name, d.Available)),
            Is.EqualTo(new[] { ("cuda:0", true), ("cuda:1", true) }));
        Assert.That(CudaDevice.List(new StandInDriver { Cards = 0 }).Single().Reason,
            Is.EqualTo("the NVIDIA driver finds no card: CUDA_ERROR_NO_DEVICE (what 100 means); see what nvidia-smi says"));
        Assert.That(CudaDevice.List(new StandInDriver { Capability = 52 }).Single(),
            Has.Property("Available").False.And.Property("Reason").EndsWith("its compute capability is 5.2: kernels need 6.0 or later"));
        Assert.That(CudaDevice.List(new StandInDriver { DriverVersion = 8000 }).Single(),
            Has.Property("Available").False.And.Property("Reason").EndsWith("its driver knows CUDA 8.0: install one for CUDA 9 or later"));
    }

    [TestCase("cuda:1", "the NVIDIA driver has 1, cuda:0")]
    [TestCase("cuda:x", "called cuda:0, cuda:1")]
    [TestCase("cuda:-1", "called cuda:0, cuda:1")]
    public void A_card_that_is_not_there_says_why(string name, string reason) =>
        Assert.That(() => CudaDevice.Open(name, new StandInDriver()),
        Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(reason));

    [Test]
    public void The_number_of_threads_cannot_be_chosen() =>
        Assert.That(() => Device.Open("cuda:0", 3),
        Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains("threads of its own"));

    [TestCase("DevicePrimaryCtxRetain")]
    [TestCase("StreamCreate")]
    public void A_card_that_does_not_open_says_why_and_is_given_back(string function)
    {
        var driver = new StandInDriver();
        driver.Fail(function, CudaStatus.OutOfMemory);
        Assert.That(() => StandInDevice.Open(driver),
            Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains("cannot be opened").And.Message.Contains(
            "CUDA_ERROR_OUT_OF_MEMORY (what 2 means)"));
        Assert.That(driver.Alive, Is.Empty);
    }

    [Test]
    public void Memory_that_is_freed_is_used_again([Values] bool pools)
    {
        var driver = new StandInDriver { HasPools = pools, GlobalBytes = 10 << 20 };
        using CudaDevice device = StandInDevice.Open(driver);
        for (int i = 0; i < 20; i++)
        {
            using Buffer<byte> x = device.Allocate<byte>(3 << 20);
            device.Stream.Clear(x.View);
        }

        Assert.That(device.AllocatedBytes, Is.Zero);
        Assert.That(driver.Calls.Count(call => call.StartsWith("MemAlloc")), Is.EqualTo(pools ? 20 : 1));
        Assert.That(driver.Calls.Any(call => call.StartsWith("MemAllocAsync")), Is.EqualTo(pools));
    }

    [Test]
    public void When_memory_runs_out_what_is_idle_is_given_back_first([Values] bool pools)
    {
        var driver = new StandInDriver { HasPools = pools, GlobalBytes = 10 << 20 };
        using CudaDevice device = StandInDevice.Open(driver);
        device.Allocate<byte>(6 << 20).Dispose();
        using Buffer<byte> larger = device.Allocate<byte>(8 << 20);
        Assert.That(larger.Length, Is.EqualTo(8 << 20));
        Assert.That(
            () => device.Allocate<byte>(4 << 20),
            Throws.TypeOf<DeviceUnavailableException>().With.Message.EqualTo(
            "cuda:0: 4 MiB could not be allocated, 8 MiB are in use; take a smaller batch, picture or model"));
        Assert.That(device.AvailableBytes, Is.EqualTo(2 << 20));
        using Buffer<byte> small = device.Allocate<byte>(1 << 20);
        Assert.That(device.AllocatedBytes, Is.EqualTo(9 << 20), "the device goes on");
    }

    [Test]
    public void A_launch_without_memory_names_the_kernel()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<int> x = device.Allocate<int>(8);
        driver.Fail("LaunchKernel", CudaStatus.OutOfMemory);
        Assert.That(() => device.Stream.Launch(StoreAt, 8, x.View, 0),
            Throws.TypeOf<DeviceUnavailableException>().With.Message.Contains(
            "CudaFailureTests.StoreAt: cuda:0 has no memory left for the launch"));
    }

    [Test]
    public void A_launch_that_the_driver_refuses_names_kernel_and_shape()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<int> x = device.Allocate<int>(8);
        driver.Fail("LaunchKernel", CudaStatus.InvalidValue);
        Assert.That(
            () => device.Stream.Launch(StoreAt, 8, x.View, 0),
            Throws.TypeOf<KernelException>().With.Message.EqualTo("CudaFailureTests.StoreAt, launched over 8x1x1 threads: cuda:0: the "
            + "driver refuses the launch: CUDA_ERROR_INVALID_VALUE (what 1 means)"));
        driver.Fail("LaunchKernel", CudaStatus.LaunchOutOfResources);
        Assert.That(
            () => device.Stream.Launch(GroupKernel, new KernelConfig((Index1D)2, 64), x.View),
            Throws.TypeOf<KernelException>().With.Message.Contains(
            "CudaFailureTests.GroupKernel, launched over 2x1x1 groups of 64x1x1 threads: the card cannot run").And.Message.Contains(
            "40 registers a thread"));
        Assert.That(
            () => device.Stream.Launch(GroupKernel, new KernelConfig(new Index3D(1, 70000, 1), new Index3D(32, 1, 1)), x.View),
            Throws.TypeOf<KernelException>().With.Message.Contains("65535 groups along y and z"));
        device.Stream.Launch(StoreAt, 8, x.View, 0);
        device.Stream.Synchronize();
    }

    [Test]
    public void A_text_that_the_driver_refuses_is_an_error_with_kernel_and_log()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<int> x = device.Allocate<int>(8);
        driver.Fail("LinkAddData", CudaStatus.InvalidPtx);
        Assert.That(
            () => device.Stream.Launch(StoreAt, 8, x.View, 0),
            Throws.TypeOf<KernelException>().With.Message.Contains("CudaFailureTests.StoreAt").And.Message.Contains(
            "compiler refuses it: CUDA_ERROR_INVALID_PTX (what 218 means)").And.Message.Contains("(it says nothing)"));
        Assert.That(driver.Alive.Where(what => what == "Link"), Is.Empty);
    }

    [Test]
    public void A_fault_on_the_card_is_told_with_the_last_launches_and_the_device_is_lost()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<int> x = device.Allocate<int>(8);
        device.Stream.Launch(GroupKernel, new KernelConfig((Index1D)1, 8), x.View);
        device.Stream.Launch(StoreAt, 8, x.View, 1 << 20);
        var values = new int[8];
        Assert.That(() => device.Stream.Read<int>(x.View, values), Throws.TypeOf<KernelException>().With.Message.EqualTo(
            "cuda:0 is lost: copying 32 bytes from the device: CUDA_ERROR_ILLEGAL_ADDRESS (what 700 means); launches run behind the host, "
            + "the last ones were "
            + "CudaFailureTests.StoreAt in 1x1x1 groups of 32x1x1 threads; CudaFailureTests.GroupKernel in 1x1x1 groups of 8x1x1 threads. "
            + "Start the program again; with D2_CHECK=1 it names the kernel, index and line"));
        Assert.That(() => device.Stream.Launch(StoreAt, 8, x.View, 0),
            Throws.TypeOf<KernelException>().With.Message.Contains("cuda:0 is lost"));
        Assert.That(() => device.Allocate<int>(8), Throws.TypeOf<KernelException>().With.Message.Contains("cuda:0 is lost"));
    }

    [Test]
    public void A_launch_that_fails_loses_the_device()
    {
        var driver = new StandInDriver();
        using CudaDevice device = StandInDevice.Open(driver);
        using Buffer<int> x = device.Allocate<int>(8);
        driver.Fail("LaunchKernel", CudaStatus.LaunchFailed);
        Assert.That(() => device.Stream.Launch(StoreAt, 8, x.View, 0),
            Throws.TypeOf<KernelException>().With.Message.Contains("CudaFailureTests.StoreAt, launched over 8x1x1 threads: cuda:0 is lost: "
            + "the driver refuses the launch: CUDA_ERROR_LAUNCH_FAILED"));
        Assert.That(() => device.Stream.Synchronize(), Throws.TypeOf<KernelException>().With.Message.Contains("lost"));
    }

    [Test]
    public void Checked_mode_names_kernel_index_view_and_line()
    {
        using CudaDevice device = StandInDevice.Open(new StandInDriver(), CheckMode.Require);
        using Buffer<int> x = device.Allocate<int>(40);
        device.Stream.Clear(x.View);
        device.Stream.Launch(StoreAt, 40, x.View, 0);
        Assert.That(
            () => device.Stream.Launch(StoreAt, 40, x.View, 30),
            Throws.TypeOf<KernelException>().With.Message.Match(
            "CudaFailureTests.StoreAt, launched over 40x1x1 threads: index [4-6][0-9] lies outside x of 40 elements").And.Message.Contains(
            "CudaFailureTests.cs"));
        device.Stream.Launch(StoreAt, 10, x.View, 30);
        var values = new int[40];
        device.Stream.Read<int>(x.View, values);
        Assert.That(values[30..], Is.All.EqualTo(1), "after a failed launch the device goes on");
        Assert.That(() => device.Record(() => { }), Throws.InvalidOperationException.With.Message.Contains("every launch is checked"));
    }

    [Test]
    public void A_second_device_finds_the_programs_of_the_first_and_builds_damaged_ones_again()
    {
        string folder = Directory.CreateTempSubdirectory("cuda-programs").FullName;
        try
        {
            Assert.That(Run(12040), Is.EqualTo((0, 1)));
            Assert.That(Run(12040), Is.EqualTo((1, 0)));
            Assert.That(Run(12050), Is.EqualTo((0, 1)), "another driver");
            foreach (string entry in Directory.GetFiles(folder))
                File.WriteAllBytes(entry, File.ReadAllBytes(entry)[..^1]);
            Assert.That(Run(12040), Is.EqualTo((0, 1)), "damaged");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        (int Cached, int Compiled) Run(int version)
        {
            using CudaDevice device = StandInDevice.Open(new StandInDriver { DriverVersion = version }, cacheFolder: folder);
            using Buffer<int> x = device.Allocate<int>(20);
            device.Stream.Launch(StoreAt, 20, x.View, 0);
            device.Stream.Synchronize();
            return device.Programs;
        }
    }

    static void StoreAt(Index1D i, ArrayView<int> x, int at) => x[at + i] = 1;

    static void GroupKernel(ArrayView<int> x)
    {
        if (Grid.IdxX == 0 && Group.IdxX < 8)
            x[Group.IdxX] = 7;
    }
}
