using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>The micro kernels on the device that compares the compiled function with the method.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Names))]
public class MicroKernelTests(string deviceName)
{
    Device device = null!;
    Buffer<float> floats = null!;
    Buffer<float> results = null!;
    Buffer<int> integers = null!;

    [SetUp]
    public void Open()
    {
        device = TestDevices.Open(deviceName);
        floats = device.Allocate<float>(32);
        results = device.Allocate<float>(32);
        integers = device.Allocate<int>(32);
        device.Stream.Write<float>(Enumerable.Range(0, 32).Select(i => i * 0.75f - 3f).ToArray(), floats.View);
        device.Stream.Write<int>(Enumerable.Range(0, 32).Select(i => i % 5 - 1).ToArray(), integers.View);
    }

    [TearDown]
    public void Close()
    {
        floats.Dispose();
        results.Dispose();
        integers.Dispose();
        device.Dispose();
    }

    [Test]
    public void Structs_with_methods_generics_and_references_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Tile, 32, integers.View, new MicroKernels.TileShape(2, 5));
        device.Stream.Launch(MicroKernels.Generic, 32, floats.View, new MicroKernels.Linear(1.25f));
        device.Stream.Launch(MicroKernels.Half, 16, floats.View);
    }

    [Test]
    public void Branches_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Classify, 32, integers.View);
        device.Stream.Launch(MicroKernels.Both, new Index2D(4, 4), integers.View, integers.View.SubView(16), 4);
        device.Stream.Launch(MicroKernels.Chunk, 8, floats.View, results.View, 30);
        device.Stream.Launch(MicroKernels.Dense, 32, integers.View);
        device.Stream.Launch(MicroKernels.Scan, 9, floats.View, results.View, 8, 0.3f);
    }

    [Test]
    public void Conversions_and_comparisons_of_odd_numbers_leave_the_bits_of_the_method()
    {
        double[] odd =
        [
            0, -0.0, 0.5, -0.5, 1.5, -1.5, 127.9, 128, 255.5, -129, 32768, 65536.7, 2147483647, 2147483648, -2147483649, 4294967295,
            4294967296, 1e10,
            9.2233720368547758e18, 1.8446744073709552e19, -1e30, 1e30, 1e300, double.NaN, double.PositiveInfinity, double.NegativeInfinity,
            double.Epsilon, 16777217, 1.0000000596046448, BitConverter.UInt64BitsToDouble(0x8000_0080_0000_0001),
            BitConverter.UInt64BitsToDouble(0xFFEF_FFFF_BFFF_FFFF),
        ];
        using Buffer<double> x = device.Allocate<double>(odd.Length);
        using Buffer<long> y = device.Allocate<long>(24 * odd.Length);
        device.Stream.Write<double>(odd, x.View);
        device.Stream.Launch(MicroKernels.Conversions, odd.Length, x.View, y.View);
    }

    [TestCase(7)]
    [TestCase(-3)]
    [TestCase(1)]
    [TestCase(int.MaxValue)]
    public void Quotients_leave_the_bits_of_the_method(int divisor)
    {
        int[] values = [0, 1, -1, 2, -2, 3, 6, 7, 8, -7, -8, 1000, 16777217, -16777217, 1 << 30, int.MaxValue - 1, int.MaxValue,
            int.MinValue + 1, int.MinValue];
        (int First, int Second)[] pairs = [.. from first in values from second in values where second != 0
            && (first != int.MinValue || second != -1) select (first, second)];
        using Buffer<int> a = device.Allocate<int>(pairs.Length), b = device.Allocate<int>(pairs.Length),
            y = device.Allocate<int>(6 * pairs.Length);
        using Buffer<float> z = device.Allocate<float>(pairs.Length);
        device.Stream.Write<int>([.. pairs.Select(pair => pair.First)], a.View);
        device.Stream.Write<int>([.. pairs.Select(pair => pair.Second)], b.View);
        device.Stream.Launch(MicroKernels.Quotients, pairs.Length, a.View, b.View, y.View, z.View, divisor);
    }

    [Test]
    public void Halves_of_products_leave_the_bits_of_the_method()
    {
        uint[] values = [0, 1, 2, 3, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xCD9E8D57, 0xFFFFFFFE, 0xFFFFFFFF];
        (uint First, uint Second)[] pairs = [.. from first in values from second in values select (first, second)];
        using Buffer<uint> a = device.Allocate<uint>(pairs.Length), b = device.Allocate<uint>(pairs.Length),
            y = device.Allocate<uint>(6 * pairs.Length);
        device.Stream.Write<uint>([.. pairs.Select(pair => pair.First)], a.View);
        device.Stream.Write<uint>([.. pairs.Select(pair => pair.Second)], b.View);
        device.Stream.Launch(MicroKernels.Products, pairs.Length, a.View, b.View, y.View, 0x9E3779B9u);
    }

    [Test]
    public void The_lesser_and_the_greater_of_odd_floats_leave_the_bits_of_the_method()
    {
        float[] values = [0f, -0f, 1f, -1f, 2f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon];
        (float First, float Second)[] pairs = [.. from first in values from second in values select (first, second)];
        using Buffer<float> a = device.Allocate<float>(pairs.Length), b = device.Allocate<float>(pairs.Length);
        using Buffer<uint> y = device.Allocate<uint>(4 * pairs.Length);
        device.Stream.Write<float>([.. pairs.Select(pair => pair.First)], a.View);
        device.Stream.Write<float>([.. pairs.Select(pair => pair.Second)], b.View);
        device.Stream.Launch(MicroKernels.Extrema, pairs.Length, a.View, b.View, y.View);
    }

    [Test]
    public void Structs_in_memory_leave_the_bits_of_the_method()
    {
        using Buffer<MicroKernels.Particle> particles = device.Allocate<MicroKernels.Particle>(5);
        MicroKernels.Particle[] start = [.. Enumerable.Range(0, 5)
            .Select(i => new MicroKernels.Particle { Age = (byte)(9 + i), Position = new(i, 1), Speed = new(0.5f, i) })];
        device.Stream.Write<MicroKernels.Particle>(start, particles.View);
        device.Stream.Launch(MicroKernels.Records, 5, particles.View);
        var after = new MicroKernels.Particle[5];
        device.Stream.Read(particles.View, after);
        Assert.That(after[1].Position, Is.EqualTo(new MicroKernels.Point(1.5f, 2)));
        Assert.That(after[4].Age, Is.EqualTo(14 * 100 % 256));
    }

    [Test]
    public void Groups_with_barriers_and_shared_memory_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Reverse, new KernelConfig((Index1D)4, 8), floats.View);
    }

    [Test]
    public void An_index_outside_of_a_view_stops_the_interpreter_with_the_line()
    {
        using var interpreted = new IrDevice();
        using Buffer<float> x = interpreted.Allocate<float>(32);
        Assert.That(
            () => interpreted.Stream.Launch(MicroKernels.Axpy, 33, x.View, x.View, 2f),
            Throws.InvalidOperationException.With.Message.Match(@"MicroKernels\.cs\(\d+\): index 32 lies outside a view of 32 elements"));
    }
}
