using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;
using Stream = Dalle2.Gpu.Runtime.Stream;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>The kernels that passes work on: selections, loops of all kinds, arrays of a thread's own, odd numbers.</summary>
public class PassKernelPtxTests
{
    static readonly float[] Odd = [0f, -0f, 1f, -1f, 2.5f, -2.5f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon,
        -1e-39f, 3e38f];

    [Test]
    public void Odd_numbers_leave_the_bits_of_the_method()
    {
        float[] x = [.. Odd.SelectMany(_ => Odd)], y = [.. Odd.SelectMany(o => Enumerable.Repeat(o, Odd.Length))];
        OnFloats(x, y, (stream, first, second) => stream.Launch(PassKernels.Selections, x.Length, first, second));
        OnFloats(Odd, Odd, (stream, first, second) => stream.Launch(PassKernels.Transcendental, Odd.Length, first, second));
        OnFloats(Odd, Odd, (stream, first, _) => stream.Launch(PassKernels.Reciprocal, Odd.Length, first, 0));
    }

    [Test]
    public void Branches_and_loops_leave_the_bits_of_the_method()
    {
        OnIntegers(48, (stream, x, _) => stream.Launch(PassKernels.Conditions, new Index2D(8, 6), x, 8, 6));
        OnIntegers(20, (stream, x, _) => stream.Launch(PassKernels.Guarded, 20, x, 17));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Search, 16, x, y, 16));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Leaving, 16, x, y));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Returning, 16, x, y));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Turns, 16, x, y));
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.ManyTurns, 16, x, y, 13));
    }

    [Test]
    public void Local_arrays_leave_the_bits_of_the_method()
    {
        OnIntegers(16, (stream, x, y) => stream.Launch(PassKernels.Histogram, 16, x, y, 16));
        OnFloats(Odd, [.. Odd.Reverse()], (stream, x, y) => stream.Launch(PassKernels.Pairs, Odd.Length, x, y));
        using var device = new PtxDevice();
        using Buffer<float> a = device.Allocate<float>(12 * 5), b = device.Allocate<float>(13), c = device.Allocate<float>(3 * 24);
        device.Stream.Write<float>([.. Enumerable.Range(0, 60).Select(i => i * 0.37f - 9f)], a.View);
        device.Stream.Write<float>([.. Enumerable.Range(0, 13).Select(i => 1f / (i + 1))], b.View);
        device.Stream.Launch(PassKernels.MicroGemm, 3, a.View, b.View, c.View, 5);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    [Test]
    public void Barriers_within_loops_leave_the_bits_of_the_method() =>
        OnFloats(Odd[..8], Odd[..8], (stream, x, _) => stream.Launch(PassKernels.Smooth, new KernelConfig((Index1D)1, 8), x));

    static void OnFloats(float[] x, float[] y, Action<Stream, ArrayView<float>, ArrayView<float>> launch)
    {
        using var device = new PtxDevice { WithChecks = false };
        Run(device, x, y, launch);
    }

    // Small integers of both signs, zeros among them.
    static void OnIntegers(int count, Action<Stream, ArrayView<int>, ArrayView<int>> launch)
    {
        using var device = new PtxDevice();
        int[] integers = [.. Enumerable.Range(0, count).Select(i => i * 7 % 11 - 4)];
        Run(device, integers, integers, launch);
    }

    static void Run<T>(PtxDevice device, T[] x, T[] y, Action<Stream, ArrayView<T>, ArrayView<T>> launch)
        where T : unmanaged
    {
        using Buffer<T> first = device.Allocate<T>(x.Length), second = device.Allocate<T>(y.Length);
        device.Stream.Write<T>(x, first.View);
        device.Stream.Write<T>(y, second.View);
        launch(device.Stream, first.View, second.View);
        Assert.That(device.Launches, Is.EqualTo(1));
    }
}
