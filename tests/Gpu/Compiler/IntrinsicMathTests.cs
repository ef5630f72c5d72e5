using System.Numerics;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Counting bits and signs, against .NET's own.</summary>
public class IntrinsicMathTests
{
    static readonly ulong[] Odd = [0, 1, 2, 0x80, 0xFFFFFFFF, 0x80000000, 0x100000000, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF,
        0x123456789ABCDEF0, 0x00F0000000000100, 0x7FFFFFFFFFFFFFFF];

    [Test]
    public void Bits_are_counted_as_dotnet_counts_them()
    {
        foreach (ulong x in Odd)
        {
            Assert.That(IntrinsicMath.PopCount(x), Is.EqualTo(BitOperations.PopCount(x)));
            Assert.That(IntrinsicMath.PopCount((int)x), Is.EqualTo(BitOperations.PopCount((uint)x)));
            Assert.That(IntrinsicMath.LeadingZeroCount((long)x), Is.EqualTo(BitOperations.LeadingZeroCount(x)));
            Assert.That(IntrinsicMath.LeadingZeroCount((int)x), Is.EqualTo(BitOperations.LeadingZeroCount((uint)x)));
            Assert.That(IntrinsicMath.TrailingZeroCount((long)x), Is.EqualTo(BitOperations.TrailingZeroCount(x)));
            Assert.That(IntrinsicMath.TrailingZeroCount((int)x), Is.EqualTo(BitOperations.TrailingZeroCount((uint)x)));
        }
    }

    [Test]
    public void Signs_are_copied_and_taken_away()
    {
        Assert.That(IntrinsicMath.CopySign(3f, -0f), Is.EqualTo(-3f));
        Assert.That(IntrinsicMath.CopySign(-3.0, 2.0), Is.EqualTo(3.0));
        Assert.That(IntrinsicMath.Abs(-5L), Is.EqualTo(5L));
    }

    [Test]
    public void Kernels_count_as_the_method()
    {
        using var device = new IrDevice();
        using Buffer<ulong> x = device.Allocate<ulong>(Odd.Length);
        using Buffer<int> y = device.Allocate<int>(8 * Odd.Length);
        device.Stream.Write<ulong>(Odd, x.View);
        device.Stream.Launch(CountKernel, Odd.Length, x.View, y.View);
        Assert.That(device.Launches, Is.EqualTo(1));

        // On the host, ILGPU's own throws for the smallest integer; in a kernel it stays as it is.
        var counts = new int[8 * Odd.Length];
        device.Stream.Read<int>(y.View, counts);
        Assert.That(counts[8 * Array.IndexOf(Odd, 0x80000000ul) + 6], Is.EqualTo(int.MinValue));
    }

    static void CountKernel(Index1D i, ArrayView<ulong> x, ArrayView<int> y)
    {
        y[8 * i] = IntrinsicMath.PopCount(x[i]) + IntrinsicMath.PopCount((uint)x[i]) * 100;
        y[8 * i + 1] = IntrinsicMath.LeadingZeroCount(x[i]) + IntrinsicMath.LeadingZeroCount((uint)x[i]) * 100;
        y[8 * i + 2] = IntrinsicMath.TrailingZeroCount(x[i]) + IntrinsicMath.TrailingZeroCount((uint)x[i]) * 100;
        y[8 * i + 3] = (int)IntrinsicMath.CopySign(5f, (float)(long)x[i]);
        y[8 * i + 4] = (int)IntrinsicMath.Clamp((long)x[i], -7, 90);
        y[8 * i + 5] = (int)IntrinsicMath.Min(x[i], 77ul);
        y[8 * i + 6] = IntrinsicMath.Abs((int)x[i]);
        y[8 * i + 7] = (int)IntrinsicMath.Max((uint)x[i], 77u);
    }
}
