using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dalle2.Training.Scores;

/// <summary>The sum of the products of two rows of numbers, in double precision, in an order of its own: the same bits on every machine.</summary>
static class InnerProduct
{
    /// <summary>x . y.</summary>
    /// <exception cref="ArgumentException">One row is longer than the other.</exception>
    public static double Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"rows of {x.Length} and {y.Length} numbers have no product");
        ref float firstX = ref MemoryMarshal.GetReference(x), firstY = ref MemoryMarshal.GetReference(y);
        Vector256<double> low = default, high = default;
        int at = 0;
        for (; at + Vector256<float>.Count <= x.Length; at += Vector256<float>.Count)
        {
            var (xLow, xHigh) = Vector256.Widen(Vector256.LoadUnsafe(ref firstX, (nuint)at));
            var (yLow, yHigh) = Vector256.Widen(Vector256.LoadUnsafe(ref firstY, (nuint)at));
            low += xLow * yLow;
            high += xHigh * yHigh;
        }

        Vector256<double> sums = low + high;
        double sum = sums[0] + sums[1] + (sums[2] + sums[3]);
        for (; at < x.Length; at++)
            sum += (double)x[at] * y[at];
        return sum;
    }
}
