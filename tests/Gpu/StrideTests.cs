using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

/// <summary>Places that lie a fixed number of elements apart from thread to thread, at the ends of what integers hold.</summary>
public class StrideTests
{
    const int Threads = 37;

    static readonly string[] Names = TestDevices.Names;

    [TestCaseSource(nameof(Names))]
    public void Factors_and_shifts_of_any_size_give_the_places_that_integers_give(string name)
    {
        using Device device = TestDevices.Open(name);
        using Buffer<int> x = device.Allocate<int>(8 * Threads), y = device.Allocate<int>(6 * Threads);
        device.Stream.Write<int>([.. Enumerable.Range(0, 8 * Threads).Select(i => 1000 + i)], x.View);
        device.Stream.Launch(PlacesKernel, Threads, x.View, y.View);
        var values = new int[6 * Threads];
        device.Stream.Read<int>(y.View, values);
        int[] threads = [.. Enumerable.Range(0, Threads)];
        Assert.That(values[..Threads], Is.EqualTo(threads.Select(_ => 1000)), "shifted by 33, of which the lower half is zero");
        Assert.That(values[Threads..(2 * Threads)], Is.EqualTo(threads.Select(i => 1000 + 2 * i)), "shifted by 33 and back by 32");
        Assert.That(values[(2 * Threads)..(3 * Threads)], Is.EqualTo(threads.Select(i => 1000 + i % 2)), "times the smallest integer");
        Assert.That(values[(3 * Threads)..(4 * Threads)], Is.EqualTo(threads.Select(i => 1000 + 3 * i)), "times 3 + 2^33");
        Assert.That(values[(4 * Threads)..(5 * Threads)], Is.EqualTo(threads.Select(i => 1000 + 2 * i)), "an int shifted by 33, that is 1");
        Assert.That(values[(5 * Threads)..], Is.EqualTo(threads.Select(i => 1000 + 4 * i)), "an int times 4, from the smallest on");
    }

    static void PlacesKernel(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        long wide = i.X;
        int one = 33;
        y[i] = x[(int)(wide << 33)];
        y[i + Threads] = x[(int)((wide << 33) >> 32)];
        y[i + 2 * Threads] = x[(int)(((wide * long.MinValue) >> 63) & 1)];
        y[i + 3 * Threads] = x[(int)(wide * ((1L << 33) + 3))];
        y[i + 4 * Threads] = x[i.X << one];
        y[i + 5 * Threads] = x[(i.X * 4 + int.MinValue) ^ int.MinValue];
    }
}
