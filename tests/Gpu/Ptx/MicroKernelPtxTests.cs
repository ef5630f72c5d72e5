using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Reference;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>The micro kernels on the device that compares PTX with the method.</summary>
public class MicroKernelPtxTests
{
    PtxDevice device = null!;
    Buffer<float> floats = null!;
    Buffer<int> integers = null!;

    [SetUp]
    public void Open()
    {
        device = new PtxDevice();
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
    public void Structs_generics_and_branches_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Axpy, 16, floats.View, floats.View.SubView(16), 2f);
        device.Stream.Launch(MicroKernels.Tile, 32, integers.View, new MicroKernels.TileShape(2, 5));
        device.Stream.Launch(MicroKernels.Generic, 32, floats.View, new MicroKernels.Linear(1.25f));
        device.Stream.Launch(MicroKernels.Half, 16, floats.View);
        device.Stream.Launch(MicroKernels.Classify, 32, integers.View);
        device.Stream.Launch(MicroKernels.Both, new Index2D(4, 4), integers.View, integers.View.SubView(16), 4);
        device.Stream.Launch(MicroKernels.Chunk, 8, floats.View, floats.View.SubView(8), 30);
        device.Stream.Launch(MicroKernels.Dense, 32, integers.View);
        device.Stream.Launch(MicroKernels.Scan, 9, floats.View, floats.View.SubView(20), 8, 0.3f);
        Assert.That(device.Launches, Is.EqualTo(9));
    }

    [Test]
    public void Conversions_of_odd_numbers_leave_the_bits_of_the_method()
    {
        double[] odd =
        [
            0, -0.0, 0.5, -0.5, 1.5, -1.5, 127.9, 128, 255.5, -129, 32768, 65536.7, 2147483647, 2147483648, -2147483649, 4294967295,
            4294967296, 1e10,
            9.2233720368547758e18, 1.8446744073709552e19, -1e30, 1e30, 1e300, double.PositiveInfinity, double.NegativeInfinity,
            double.Epsilon, 16777217, 1.0000000596046448, BitConverter.UInt64BitsToDouble(0x8000_0080_0000_0001),
            BitConverter.UInt64BitsToDouble(0xFFEF_FFFF_BFFF_FFFF),
        ];
        using Buffer<double> x = device.Allocate<double>(odd.Length);
        using Buffer<long> y = device.Allocate<long>(24 * odd.Length);
        device.Stream.Write<double>(odd, x.View);
        device.Stream.Launch(MicroKernels.Conversions, odd.Length, x.View, y.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void NaN_becomes_0_in_each_integer_type_and_differs_from_itself()
    {
        using Buffer<double> x = device.Allocate<double>(2);
        using Buffer<long> y = device.Allocate<long>(24);
        device.Stream.Write<double>([double.NaN, -double.NaN], x.View);
        device.Stream.Launch(PtxKernels.OfNaN, 2, x.View, y.View);
        var left = new long[24];
        device.Stream.Read(y.View, left);
        Assert.That(left, Is.EqualTo(new long[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1 }));
    }

    [Test]
    public void Structs_in_memory_leave_the_bits_of_the_method()
    {
        using Buffer<MicroKernels.Particle> particles = device.Allocate<MicroKernels.Particle>(5);
        MicroKernels.Particle[] start = [.. Enumerable.Range(0, 5)
            .Select(i => new MicroKernels.Particle { Age = (byte)(9 + i), Position = new(i, 1), Speed = new(0.5f, i) })];
        device.Stream.Write<MicroKernels.Particle>(start, particles.View);
        device.Stream.Launch(MicroKernels.Records, 5, particles.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void Groups_with_barriers_and_shared_memory_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Reverse, new KernelConfig((Index1D)4, 8), floats.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void Values_that_change_places_on_an_edge_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(PtxKernels.Rotate, 32, integers.View);
        device.Stream.Launch(PtxKernels.Flags, 32, integers.View, true, false);
        Assert.That(device.Launches, Is.EqualTo(2));
    }

    [Test]
    public void Three_axes_leave_the_bits_of_the_method()
    {
        device.Run(new Launch(CompiledKernel.Of(PtxKernels.Cube), [integers.View], new Index3D(4, 2, 4), null));
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void Indices_that_wrap_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(PtxKernels.Wrap, 16, integers.View.Cast<byte>(), -2147483640);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void In_checked_mode_the_first_failure_names_the_line()
    {
        // The plain text would touch what it must not: here it has been given room.
        ArrayView<float> few = floats.View.SubView(0, 16);
        Assert.That(
            () => device.Stream.Launch(PtxKernels.Past, 4, few, floats.View),
            Throws.TypeOf<KernelException>().With.Message.Match(@"PtxKernels\.cs\(\d+\): index 1[67] lies outside x of 16 elements"));
    }
}
