// The exponential moving average of values:  average = average + rate (value - average),  rate = 1 - decay        average, value [n]   rate [1], in device memory
// Swapping:  a, b = b, a                                                                                        (both changed in place)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Averages of parameters over the steps of training.</summary>
public static class ExponentialMovingAverageOp
{
    /// <summary>One step over a range, one launch.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="averages">Changed.</param>
    /// <param name="values">What they follow.</param>
    /// <param name="rate">1 - decay of this step, one element; it lies in device memory, so that a recorded step can be replayed.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Update(Stream stream, ArrayView<float> averages, ArrayView<float> values, ArrayView<float> rate)
    {
        Require(averages, values);
        if (rate.Length != 1)
            throw new ArgumentException($"a moving average has one rate, not {rate.Length}");
        stream.Launch(UpdateKernel, averages.IntLength, averages, values, rate);
    }

    /// <summary>Exchanges two ranges.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Swap(Stream stream, ArrayView<float> first, ArrayView<float> second)
    {
        Require(first, second);
        stream.Launch(SwapKernel, first.IntLength, first, second);
    }

    static void Require(ArrayView<float> averages, ArrayView<float> values)
    {
        if (averages.Length != values.Length)
            throw new ArgumentException($"{averages.Length} averages do not fit {values.Length} values");
    }

    // One thread per element, both.
    static void UpdateKernel(Index1D i, ArrayView<float> averages, ArrayView<float> values, ArrayView<float> rate)
    {
        float average = averages[i];
        averages[i] = Fused.MultiplyAdd(rate[0], values[i] - average, average);
    }

    static void SwapKernel(Index1D i, ArrayView<float> first, ArrayView<float> second)
    {
        float kept = first[i];
        first[i] = second[i];
        second[i] = kept;
    }
}
