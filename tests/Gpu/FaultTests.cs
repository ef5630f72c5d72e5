using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Tests.Gpu.OpenCl;

namespace Dalle2.Tests.Gpu;

/// <summary>The same fault is the same exception on every device.</summary>
public class FaultTests
{
    static readonly string[] Compiled = ["cpu", "cpu:128", "cuda stand-in", .. OpenClOnce.IsHere ? (string[])["opencl:0"] : []];

    static readonly string[] Names = ["reference", .. Compiled];

    static readonly string[] WithIlgpu = [.. Names, "ilgpu:cpu"];

    static Device Open(string name, bool isChecked = false) => name switch
    {
        "cuda stand-in" => StandInDevice.Open(new StandInDriver(), isChecked ? CheckMode.Require : CheckMode.Drop),
        "opencl:0" => OpenClDevice.Open(name, OpenClOnce.CacheFolder, 0, isChecked ? CheckMode.Require : CheckMode.Drop),
        _ => Device.Open(name, isChecked: isChecked),
    };

    [TestCaseSource(nameof(Compiled))]
    public void What_kernels_cannot_say_is_a_diagnostic(string name)
    {
        using Device device = Open(name);
        using Buffer<int> x = device.Allocate<int>(4);
        Assert.That(() => device.Stream.Launch(ThrowKernel, 4, x.View),
            Throws.TypeOf<KernelDiagnosticException>().With.Property(nameof(KernelDiagnosticException.Code)).EqualTo("D2G003"));
        Assert.That(() => device.Stream.Launch(ThrowKernel, 4, x.View), Throws.TypeOf<KernelDiagnosticException>(), "the second time too");
    }

    [TestCaseSource(nameof(Names))]
    public void A_kernel_with_an_index_parameter_has_no_group(string name)
    {
        using Device device = Open(name);
        using Buffer<int> x = device.Allocate<int>(64);
        Refuses(() => device.Stream.Launch(GridKernel, 64, x.View));
        Refuses(() => device.Stream.Launch(GroupKernel, new Index2D(8, 8), x.View));
        Refuses(() => device.Stream.Launch(WarpKernel, 64, x.View));
        Refuses(() => device.Stream.Launch(BarrierKernel, 64, x.View));
        Refuses(() => device.Stream.Launch(SharedKernel, 64, x.View));

        static void Refuses(Action launch) => Assert.That(
            () => launch(),
            Throws.TypeOf<KernelDiagnosticException>().With.Property(nameof(KernelDiagnosticException.Code))
            .EqualTo("D2G014").And.Message.Contains("FaultTests.cs(").And.Message.Contains("launch it with a KernelConfig"));
    }

    [TestCaseSource(nameof(Names))]
    public void An_index_outside_and_what_does_not_hold_are_exceptions_of_the_kernel(string name)
    {
        using Device device = Open(name, isChecked: true);
        using Buffer<int> x = device.Allocate<int>(4);
        device.Stream.Write<int>([1, 2, 3, 4], x.View);
        Fails(() => device.Stream.Launch(StoreKernel, 4, x.View, 3), "StoreKernel");
        device.Stream.Write<int>([1, 2, 3, 4], x.View);
        Fails(() => device.Stream.Launch(AssertKernel, 4, x.View), "AssertKernel");

        void Fails(Action launch, string kernel) => Assert.That(
            () =>
            {
                launch();
                device.Stream.Synchronize();
            },
            Throws.TypeOf<KernelException>().With.Message.Contains(kernel));
    }

    [TestCaseSource(nameof(WithIlgpu))]
    public void A_grid_or_an_extent_that_no_device_has_is_refused(string name)
    {
        using Device device = Open(name);
        using Buffer<int> x = device.Allocate<int>(4);
        device.Stream.Write<int>([1, 2, 3, 4], x.View);
        var method = ((Action<ArrayView<int>>)CountKernel).Method;
        foreach (var (grid, group) in (ReadOnlySpan<(Index3D, Index3D)>)[
            (new(-3, 1, 1), new(1, 1, 1)), (new(1, -1, -1), new(1, 1, 1)), (new(65536, 65536, 1), new(1, 1, 1)),
            (new(65537, 65536, 1), new(1, 1, 1)),
            (new(1 << 30, 1 << 30, 1 << 30), new(1, 1, 1)), (new(1, 1, 1), new(0, 1, 1)), (new(1, 1, 1), new(-1, -1, 1)),
            (new(1, 1, 1), new(1025, 1, 1)), (new(1, 1, 1), new(65536, 65536, 1))])
        {
            Refuses(() => device.Stream.Launch(CountKernel, new KernelConfig(grid, group), x.View));
            Refuses(() => device.Stream.Launch(method, new KernelConfig(grid, group), x.View));
            Refuses(() => device.Stream.Record(() => device.Stream.Launch(CountKernel, new KernelConfig(grid, group), x.View)));
        }

        Refuses(() => device.Stream.Launch(StoreKernel, -1, x.View, 0));
        Refuses(() => device.Stream.Launch(PlaneKernel, new Index2D(-1, -1), x.View));
        Refuses(() => device.Stream.Launch(PlaneKernel, new Index2D(65536, 65536), x.View));
        device.Stream.Launch(CountKernel, new KernelConfig(new Index3D(0, 5, 1), new Index3D(1, 1, 1)), x.View);
        device.Stream.Launch(StoreKernel, 0, x.View, 0);
        device.Stream.Synchronize();
        var values = new int[4];
        device.Stream.Read<int>(x.View, values);
        Assert.That(values, Is.EqualTo(new[] { 1, 2, 3, 4 }), "an empty grid runs nothing");

        static void Refuses(Action launch) => Assert.That(() => launch(), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void What_is_no_kernel_says_why()
    {
        using Device device = Device.Open("cpu", threads: 1);
        using Buffer<int> x = device.Allocate<int>(4);
        device.Stream.Write<int>([1, 2, 3, 4], x.View);
        int n = 5, other = 6;
        Action<Index1D, ArrayView<int>> capturing = (i, view) => view[i] = n, both = (i, view) => view[i] = n + other,
            own = (i, view) => view[i] = Instance;
        Func<int> unrelated = () => other;
        Assert.That(unrelated(), Is.EqualTo(6));
        void Local(Index1D i, ArrayView<int> view) => view[i] = other;
        Says(() => device.Stream.Launch(capturing, 4, x.View),
            $"a lambda in FaultTests.{nameof(What_is_no_kernel_says_why)} is not a kernel: it captures 'n'; pass what it needs as "
            + "arguments");
        Says(() => device.Stream.Launch(both, 4, x.View), "it captures 'n', 'other'; pass");
        Says(() => device.Stream.Launch(own, 4, x.View), "it captures 'this'");
        Says(() => device.Stream.Launch(Local, 4, x.View),
            $"FaultTests.{nameof(What_is_no_kernel_says_why)}.Local is not a kernel: it captures 'other'");
        Says(() => device.Stream.Launch(InstanceKernel, 4, x.View),
            "FaultTests.InstanceKernel is not a kernel: it is a method of an object of FaultTests; write 'static' before it");
        Says(() => device.Stream.Launch(((Func<Index1D, ArrayView<int>, int>)((i, view) => view[i]++)).Method, new Index1D(4), x.View),
            "it returns a value of type Int32");
        device.Stream.Launch((i, view) => view[i] += 10, 4, x.View);
        var values = new int[4];
        device.Stream.Read<int>(x.View, values);
        Assert.That(values, Is.EqualTo(new[] { 11, 12, 13, 14 }), "a lambda that captures nothing is a kernel");

        static void Says(Action launch, string text) =>
            Assert.That(() => launch(), Throws.ArgumentException.With.Message.Contains(text).And.Message.Not.Contains("<"));
    }

    int Instance { get; } = 3;

    void InstanceKernel(Index1D i, ArrayView<int> x) => x[i] = Instance;

    static void ThrowKernel(Index1D i, ArrayView<int> x)
    {
        if (x[i] > 1000)
            throw new ArgumentException("large");
    }

    static void GridKernel(Index1D i, ArrayView<int> x) => x[i] = Grid.IdxX;

    static void GroupKernel(Index2D i, ArrayView<int> x) => x[i.X] = Group.DimX;

    static void WarpKernel(Index1D i, ArrayView<int> x) => x[i] = Warp.Shuffle(x[i], 0);

    static void BarrierKernel(Index1D i, ArrayView<int> x)
    {
        x[i] = i;
        Group.Barrier();
    }

    static void SharedKernel(Index1D i, ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        shared[i] = x[i];
        x[i] = shared[i];
    }

    static void StoreKernel(Index1D i, ArrayView<int> x, int at) => x[i + at] = 1;

    static void PlaneKernel(Index2D i, ArrayView<int> x) => x[0] = i.X;

    static void AssertKernel(Index1D i, ArrayView<int> x)
    {
        System.Diagnostics.Trace.Assert(x[i] < 4, "too large");
        x[i] = 0;
    }

    static void CountKernel(ArrayView<int> x) => Atomic.Add(ref x[0], 1);
}
