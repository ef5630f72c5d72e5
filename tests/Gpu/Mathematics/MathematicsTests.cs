using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>Mathematics in kernels: every device leaves the bits of the method on <c>reference</c>, and they are those of the definition.</summary>
[TestFixtureSource(nameof(Names))]
public class MathematicsTests(string deviceName)
{
    // Drivers take long for so much code in vectors of 16 threads; what they make of vectors, other kernels test.
    static readonly string[] Names = [.. TestDevices.Names.Where(name => name != "opencl x16"), "ptx"];

    static readonly double[] Odd =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 2.5, -3.5, 3, 10, 0.3, 1e-5, -1e-9, 77.7, -12345.678, 1e16, 1e22, 1e300, -1e-300, 1e-310, double.Epsilon,
        double.MaxValue,
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, Math.BitDecrement(1), 0.75, 4.25, -0.9, 8193, 8191.5, 1.005, 700,
        -700, 127.5, -1000.125, 5, 1e9, -2,
    ];

    static readonly float[] OddFloats = [.. Odd.Select(x => (float)x), float.Epsilon, -float.MaxValue, 1e-40f, 1e38f, -1e30f, 33554432f,
        1.5f];

    Device device = null!;

    [SetUp]
    public void Open() => device = deviceName switch
    {
        "ptx" => new PtxDevice { WithChecks = false },
        "ir" => new IrDevice { WithChecks = false },
        _ => TestDevices.Open(deviceName),
    };

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Of_doubles()
    {
        Require(Odd, MathematicsResults.Exponentials, MathematicsKernels.Exponentials);
        Require(Odd, MathematicsResults.Trigonometry, MathematicsKernels.Trigonometry);
        Require(Odd, MathematicsResults.InverseFunctions, MathematicsKernels.InverseFunctions);
        Require(Odd, MathematicsResults.Hyperbolic, MathematicsKernels.Hyperbolic);
    }

    [Test]
    public void Of_floats()
    {
        Require(OddFloats, MathematicsResults.FloatExponentials, MathematicsKernels.FloatExponentials);
        Require(OddFloats, MathematicsResults.FloatTrigonometry, MathematicsKernels.FloatTrigonometry);
        Require(OddFloats, MathematicsResults.FloatInverses, MathematicsKernels.FloatInverses);
    }

    [Test]
    public void That_rounds()
    {
        Require(Odd, MathematicsResults.Rounding, MathematicsKernels.Rounding);
        Require(OddFloats, MathematicsResults.FloatRounding, MathematicsKernels.FloatRounding);
    }

    [Test]
    public void Of_integers()
    {
        long[] odd = [0, 1, -1, 2, 7, 64, -64, 127, 200, 255, 65535, 1 << 30, int.MaxValue, int.MinValue, 0x80000000, 0xFFFFFFFF, 1L << 40,
            long.MaxValue, long.MinValue, 0x123456789ABCDEF, -1234567890123];
        Require(odd, MathematicsResults.Integers, MathematicsKernels.Integers);
    }

    [Test]
    public void That_asks_what_a_number_is()
    {
        Assert.That(Run(OddFloats, new int[OddFloats.Length], MathematicsKernels.Floats),
            Is.EqualTo(OddFloats.Select(MathematicsResults.Floats)));
        Assert.That(Run(Odd, new int[Odd.Length], MathematicsKernels.Doubles), Is.EqualTo(Odd.Select(MathematicsResults.Doubles)));
    }

    [Test]
    public void Of_any_type()
    {
        // Finite ones: which NaN comes of another is open.
        Generic([.. Odd.Where(double.IsFinite)]);
        Generic([.. OddFloats.Where(float.IsFinite)]);
        Generic([3, -4, 0, 1, 2, 100, int.MaxValue, int.MinValue + 1]);
        Generic([3ul, 0ul, 1ul, ulong.MaxValue, 77ul]);
        Generic<byte>([3, 0, 1, 255, 77]);
    }

    [Test]
    public void Of_ilgpus_half()
    {
        // None whose quotient is no number: which one it is is open.
        ILGPU.Half[] halves = [.. new ushort[] { 0, 1, 0x8000, 0x8001, 0x03FF, 0x0400, 0x3C00, 0xBC00, 0x3555, 0x7BFF, 0xFBFF, 0x4248,
            0xC900, 0x1234, 0x5678, 0x2E66 }.Select(Interop.IntAsFloat)];
        float[] floats = [0.1f, -0f, 6e-8f, 5.9e-8f, 1e-9f, 6.1e-5f, 65504f, 65535.9f, 65536f, -70000f, 1.0009765f, 1.00097f, -3.14159f,
            255.7f, 1e30f, 2048.9f];
        using Buffer<ILGPU.Half> x = device.Allocate<ILGPU.Half>(halves.Length),
            y = device.Allocate<ILGPU.Half>(MathematicsResults.Halves.Length * halves.Length);
        using Buffer<float> z = device.Allocate<float>(floats.Length), w = device.Allocate<float>(4 * floats.Length);
        device.Stream.Write<ILGPU.Half>(halves, x.View);
        device.Stream.Write<float>(floats, z.View);
        device.Stream.Launch(MathematicsKernels.Halves, halves.Length, x.View, z.View, y.View, w.View);
        var results = new ILGPU.Half[y.View.IntLength];
        var converted = new float[w.View.IntLength];
        device.Stream.Read<ILGPU.Half>(y.View, results);
        device.Stream.Read<float>(w.View, converted);
        int at = 0;
        for (int i = 0; i < halves.Length; i++)
        {
            ILGPU.Half h = halves[i], g = halves[(i + 1) % halves.Length];
            foreach (var expected in MathematicsResults.Halves)
            {
                Assert.That(Bits(results[at++]), Is.EqualTo(Bits(expected(h, g, floats[i]))),
                    $"line {(at - 1) % MathematicsResults.Halves.Length} of {(float)h:R}, {(float)g:R}, {floats[i]:R}");
            }

            Assert.That(converted[(4 * i)..(4 * i + 4)],
                Is.EqualTo(new float[] { h, g, (int)h, (ushort)g + h.CompareTo(g) + (h.Equals(g) ? 4 : 0) }));
        }
    }

    void Generic<T>(T[] x)
        where T : unmanaged, System.Numerics.INumber<T> => Require(x, [MathematicsKernels.Polynomial], MathematicsKernels.Generic);

    static int Bits(ILGPU.Half half) => ILGPU.Half.IsNaN(half) ? 0x7E00 : Interop.FloatAsInt(half);

    void Require<T>(T[] x, Func<T, T, T>[] results, Action<Index1D, ArrayView<T>, ArrayView<T>> kernel)
        where T : unmanaged, IEquatable<T>
    {
        T[] y = Run(x, new T[results.Length * x.Length], kernel);
        for (int i = 0; i < y.Length; i++)
        {
            T a = x[i / results.Length], b = x[(i / results.Length + 1) % x.Length], expected = results[i % results.Length](a, b);
            // Zeros have signs: as texts they differ.
            Assert.That($"{y[i]}", Is.EqualTo($"{expected}"), $"{kernel.Method.Name}, line {i % results.Length}, of {a} and {b}");
        }
    }

    TResult[] Run<T, TResult>(T[] x, TResult[] y, Action<Index1D, ArrayView<T>, ArrayView<TResult>> kernel)
        where T : unmanaged
        where TResult : unmanaged
    {
        using Buffer<T> input = device.Allocate<T>(x.Length);
        using Buffer<TResult> output = device.Allocate<TResult>(y.Length);
        device.Stream.Write<T>(x, input.View);
        device.Stream.Launch(kernel, x.Length, input.View, output.View);
        device.Stream.Read(output.View, y);
        return y;
    }
}
