using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>The micro kernels on an OpenCL device beside the .NET methods.</summary>
[TestFixture(1)]
[TestFixture(4)]
[TestFixture(16)]
public class OpenClMicroKernelTests(int lanes)
{
    OpenClComparison device = null!;
    Buffer<float> floats = null!;
    Buffer<float> others = null!;
    Buffer<int> integers = null!;

    [SetUp]
    public void Open()
    {
        device = new OpenClComparison(OpenClOnce.Device(lanes));
        floats = device.Allocate<float>(64);
        others = device.Allocate<float>(64);
        integers = device.Allocate<int>(64);
        device.Stream.Clear(others.View);
        device.Stream.Write<float>(Enumerable.Range(0, 64).Select(i => i * 0.75f - 3f).ToArray(), floats.View);
        device.Stream.Write<int>(Enumerable.Range(0, 64).Select(i => i % 5 - 1).ToArray(), integers.View);
    }

    [TearDown]
    public void Close()
    {
        floats?.Dispose();
        others?.Dispose();
        integers?.Dispose();
        device?.Dispose();
    }

    [Test]
    public void Structs_with_methods_generics_and_references_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Tile, 37, integers.View, new MicroKernels.TileShape(2, 5));
        device.Stream.Launch(MicroKernels.Generic, 64, floats.View, new MicroKernels.Linear(1.25f));
        device.Stream.Launch(MicroKernels.Half, 19, floats.View);
        Assert.That(device.Launches, Is.EqualTo(3));
    }

    [TestCase(1)]
    [TestCase(16)]
    [TestCase(32)]
    [TestCase(61)]
    public void Branches_leave_the_bits_of_the_method(int n)
    {
        device.Stream.Launch(MicroKernels.Classify, n, integers.View);
        device.Stream.Launch(MicroKernels.Chunk, n / 4, floats.View, others.View, n - 2);
        device.Stream.Launch(MicroKernels.Dense, n, integers.View);
        device.Stream.Launch(MicroKernels.Scan, 9, floats.View, others.View, 8, 0.3f);
    }

    [TestCase(8, 8)]
    [TestCase(21, 3)]
    [TestCase(1, 60)]
    public void Planes_leave_the_bits_of_the_method(int width, int height) =>
        device.Stream.Launch(Plane, new Index2D(width, height), integers.View, floats.View, width);

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
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void Structs_in_memory_leave_the_bits_of_the_method()
    {
        using Buffer<MicroKernels.Particle> particles = device.Allocate<MicroKernels.Particle>(21);
        MicroKernels.Particle[] start = [.. Enumerable.Range(0, 21)
            .Select(i => new MicroKernels.Particle { Age = (byte)(i * 13), Position = new(i, 1), Speed = new(0.5f, i) })];
        device.Stream.Clear(particles.View);
        device.Stream.Write<MicroKernels.Particle>(start, particles.View);
        device.Stream.Launch(MicroKernels.Records, 21, particles.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void Groups_with_barriers_and_shared_memory_leave_the_bits_of_the_method()
    {
        device.Stream.Launch(MicroKernels.Reverse, new KernelConfig((Index1D)8, 8), floats.View);
        device.Stream.Launch(TreeSum, new KernelConfig((Index1D)2, 32), integers.View, integers.View.SubView(60));
        device.Stream.Launch(TreeSum, new KernelConfig((Index1D)1, 29), integers.View, integers.View.SubView(60));
        device.Stream.Launch(Corners, new KernelConfig(new Index2D(2, 3), new Index2D(5, 2)), integers.View);
        Assert.That(device.Launches, Is.EqualTo(4));
    }

    [Test]
    public void Fused_and_separate_sums_round_as_the_method_does()
    {
        float[] values = [1f + 1.1920929e-7f, 16777217f, 1e-38f, 3e-39f, -1e-45f, 1e38f, 0.1f, 1f / 3, -0f, 7.0064923e-45f, 2f,
            float.PositiveInfinity, float.MaxValue, 5e-20f, -3.5e-24f, 1.5f];
        device.Stream.Write<float>([.. values, .. values, .. values, .. values], floats.View);
        using Buffer<float> y = device.Allocate<float>(64 * 16 * 8);
        device.Stream.Clear(y.View);
        device.Stream.Launch(Rounding, 64, floats.View, y.View, 16);
        var results = new float[y.Length];
        device.Stream.Read<float>(y.View, results);
        Assert.That(results.Where(float.IsSubnormal), Is.Not.Empty, "denormal numbers are kept");
    }

    [Test]
    public void Division_by_zero_leaves_the_process_alive()
    {
        using Buffer<int> quotients = OpenClOnce.Device(lanes).Allocate<int>(64);
        var stream = OpenClOnce.Device(lanes).Stream;
        stream.Clear(quotients.View);
        stream.Launch(Quotients, 64, quotients.View, 0, int.MinValue);
        stream.Launch(Quotients, 64, quotients.View, -1, int.MinValue);
        var values = new int[64];
        stream.Read<int>(quotients.View, values);
        device.Stream.Launch(Quotients, 64, integers.View, 7, -1000);
    }

    static void Quotients(Index1D i, ArrayView<int> y, int divisor, int dividend) =>
        y[i] = dividend / divisor + dividend % divisor + (dividend - i) / (divisor + 0 * i) + (int)((uint)(dividend + i) / (uint)divisor)
        + (int)((long)dividend * i % divisor);

    static void Plane(Index2D at, ArrayView<int> x, ArrayView<float> y, int width)
    {
        int i = at.Y * width + at.X;
        int sum = 0;
        for (int k = 0; k < at.X % 3 + at.Y % 2; k++)
        {
            if (x[i] + k == 2)
                continue;
            sum += k * x[i] + at.Y;
        }

        y[i] = (at.X & 1) == 0 ? sum : y[i] * 0.5f;
        x[i] = sum;
    }

    static void TreeSum(ArrayView<int> x, ArrayView<int> sums)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(32);
        shared[Group.IdxX] = x[Grid.GlobalIndex.X];
        for (int width = 16; width > 0; width /= 2)
        {
            Group.Barrier();
            if (Group.IdxX < width && Group.IdxX + width < Group.DimX)
                shared[Group.IdxX] += shared[Group.IdxX + width];
        }

        if (Group.IsFirstThread)
            sums[Grid.IdxX] = shared[0];
    }

    static void Corners(ArrayView<int> x) =>
        x[Grid.GlobalIndex.Y * Grid.DimX * Group.DimX + Grid.GlobalIndex.X] += 100 * Group.IdxY + Group.IdxX;

    static void Rounding(Index1D i, ArrayView<float> x, ArrayView<float> y, int turns)
    {
        for (int k = 0; k < turns; k++)
        {
            float a = x[i], b = x[k], c = x[(i + 3 * k) % 16];
            int at = (i * 16 + k) * 8;
            y[at] = Quiet(a * b + c);
            y[at + 1] = Quiet(Fused.MultiplyAdd(a, b, c));
            y[at + 2] = Quiet(a / b);
            y[at + 3] = Quiet(StrictMath.Sqrt(a * c));
            y[at + 4] = Quiet(StrictMath.Floor(a * 2.5f));
            y[at + 5] = Quiet(-(a - b));
            y[at + 6] = Quiet(StrictMath.Exp(a) + StrictMath.Log(b));
            y[at + 7] = Quiet(StrictMath.Tanh(c) * StrictMath.Sin(a));
        }
    }

    // The bits of NaN are the processor's.
    static float Quiet(float x) => StrictMath.IsNaN(x) ? 1234f : x;
}
