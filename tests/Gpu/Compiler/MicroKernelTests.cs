using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>The micro kernels on the device that compares the compiled function with the method.</summary>
public class MicroKernelTests
{
    IrDevice device = null!;
    Buffer<float> floats = null!;
    Buffer<int> integers = null!;

    [SetUp]
    public void Open()
    {
        device = new IrDevice();
        floats = device.Allocate<float>(32);
        integers = device.Allocate<int>(32);
        device.Stream.Write<float>(Enumerable.Range(0, 32).Select(i => i * 0.75f - 3f).ToArray(), floats.View);
        device.Stream.Write<int>(Enumerable.Range(0, 32).Select(i => i % 5 - 1).ToArray(), integers.View);
    }

    [TearDown]
    public void Close()
    {
        floats.Dispose();
        integers.Dispose();
        device.Dispose();
    }

    [Test]
    public void Structs_with_methods_generics_and_references_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Tile, 32, integers.View, new MicroKernels.TileShape(2, 5));
        device.Stream.Launch(MicroKernels.Generic, 32, floats.View, new MicroKernels.Linear(1.25f));
        device.Stream.Launch(MicroKernels.Half, 16, floats.View);
        Assert.That(device.Launches, Is.EqualTo(3));
    }

    [Test]
    public void Branches_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Classify, 32, integers.View);
        device.Stream.Launch(MicroKernels.Both, new Index2D(8, 4), integers.View, 8);
        device.Stream.Launch(MicroKernels.Chunk, 8, floats.View, floats.View.SubView(8), 30);
        Assert.That(device.Launches, Is.EqualTo(3));
    }

    [Test]
    public void Groups_with_barriers_and_shared_memory_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Reverse, new KernelConfig((Index1D)4, 8), floats.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void An_index_outside_of_a_view_stops_the_interpreter_with_the_line() =>
        Assert.That(
            () => device.Stream.Launch(MicroKernels.Axpy, 33, floats.View, floats.View, 2f),
            Throws.InvalidOperationException.With.Message.Match(@"MicroKernels\.cs\(\d+\): index 32 lies outside a view of 32 elements"));
}
