using System.Diagnostics;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

/// <summary>What kernels assert: told where it is checked, left out elsewhere.</summary>
public class AssertionTests
{
    [TestCase("reference")]
    [TestCase("cpu")]
    [TestCase("ilgpu:cpu")]
    public void A_device_that_checks_tells_what_does_not_hold(string name)
    {
        using Device device = Device.Open(name, threads: name == "cpu" ? 1 : 0, isChecked: true);
        using Buffer<int> x = device.Allocate<int>(8);
        device.Stream.Write<int>([1, 2, 3, 4, 5, 6, 7, 8], x.View);
        device.Stream.Launch(BelowKernel, 8, x.View, 9);
        device.Stream.Write<int>([1, 2, 3, 4, 5, 6, 7, 8], x.View);
        Assert.That(() => device.Stream.Launch(BelowKernel, 8, x.View, 5),
            Throws.TypeOf<KernelException>().With.Message.Contains("BelowKernel").And.Message.Contains("too {large}"));
    }

    [Test]
    public void Compiled_code_leaves_assertions_out()
    {
        using Device device = Device.Open("cpu", threads: 1);
        using Buffer<int> x = device.Allocate<int>(8);
        device.Stream.Write<int>([1, 2, 3, 4, 5, 6, 7, 8], x.View);
        device.Stream.Launch(BelowKernel, 8, x.View, 5);
        var values = new int[8];
        device.Stream.Read<int>(x.View, values);
        Assert.That(values, Is.EqualTo(new[] { 2, 4, 6, 8, 10, 12, 14, 16 }));
    }

    [Test]
    public void Launches_by_method_are_checked_against_its_parameters()
    {
        using Device device = Device.Open("cpu", threads: 1);
        using Buffer<int> x = device.Allocate<int>(8);
        var kernel = ((Action<Index1D, ArrayView<int>, int>)BelowKernel).Method;
        Assert.That(() => device.Stream.Launch(kernel, new Index1D(8), x.View),
            Throws.ArgumentException.With.Message.Contains("BelowKernel takes (Index1D, ArrayView`1, Int32)"));
        Assert.That(() => device.Stream.Launch(kernel, new KernelConfig(1, 8), x.View, 3), Throws.ArgumentException);
        Assert.That(() => device.Stream.Launch(kernel, new Index1D(-1), x.View, 3), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(65536, 65536)]
    [TestCase(65537, 65536)]
    public void A_grid_of_too_many_groups_is_refused(int x, int y)
    {
        using Device device = Device.Open("cpu", threads: 1);
        using Buffer<int> one = device.Allocate<int>(1);
        Assert.That(() => device.Stream.Launch(CountKernel, new KernelConfig(new Index2D(x, y), new Index2D(1, 1)), one.View),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("groups"));
    }

    static void BelowKernel(Index1D i, ArrayView<int> x, int limit)
    {
        Trace.Assert(x[i] < limit, "too {large}");
        x[i] *= 2;
    }

    static void CountKernel(ArrayView<int> x) => Atomic.Add(ref x[0], 1);
}
