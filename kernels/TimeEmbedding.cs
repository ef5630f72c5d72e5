// Sinusoidal embedding of a time per sample (Vaswani et al., 2017; as diffusion models take it):  h = width / 2,  w_i = 10000^(-i / h)
//   y[n, i] = cos(factor t[n] w_i),  y[n, h + i] = sin(factor t[n] w_i)          t [n]   y [n, width]   (written, =);  no gradient of t
// Angles reach thousands, where a float is 1e-4 apart: they and the w_i, powers of 10000^(-1 / h), are sums of two floats, of which the second corrects the first.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Times as cosines and sines of many frequencies.</summary>
public static class TimeEmbeddingOp
{
    /// <summary>How much longer the longest period is than the shortest, but for a factor that tends to 1 with the width.</summary>
    public const double LongestPeriod = 10000;

    /// <summary>The embeddings.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="times">A time per sample, <c>[N]</c>.</param>
    /// <param name="y">Written, <c>[N, width]</c>, of an even width.</param>
    /// <param name="factor">What times are multiplied by; with it they may reach 8192.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or the width is odd.</exception>
    public static void Forward(Stream stream, Tensor times, Tensor y, float factor)
    {
        if (y.Shape.Rank != 2 || y.Cols % 2 != 0 || times.Length != y.Rows)
            throw new ArgumentException($"{times.Shape} times do not fit embeddings {y.Shape}, an even number of columns for each");
        int half = y.Cols / 2;
        double ratio = Math.Pow(LongestPeriod, -1.0 / half);
        stream.Launch(
            ForwardKernel, new Index2D(half, y.Rows), times.View, y.View, half, factor,
            new TwoFloats((float)ratio, (float)(ratio - (float)ratio)));
    }

    // One thread per sample and frequency.
    static void ForwardKernel(Index2D index, ArrayView<float> times, ArrayView<float> y, int half, float factor, TwoFloats ratio)
    {
        var frequency = new TwoFloats(1f, 0f);
        TwoFloats square = ratio;
        for (int bit = 1; bit < half; bit *= 2)
        {
            TwoFloats next = frequency.Times(square);
            bool isSet = (index.X & bit) != 0;
            frequency = new TwoFloats(isSet ? next.High : frequency.High, isSet ? next.Low : frequency.Low);
            square = square.Times(square);
        }

        TwoFloats angle = new TwoFloats(times[index.Y], 0f).Times(new TwoFloats(factor, 0f)).Times(frequency);
        float cos = StrictMath.Cos(angle.High), sin = StrictMath.Sin(angle.High);
        int at = index.Y * 2 * half + index.X;
        y[at] = Fused.MultiplyAdd(-angle.Low, sin, cos);
        y[at + half] = Fused.MultiplyAdd(angle.Low, cos, sin);
    }

    /// <summary>The sum of two floats, the second far smaller than the first (Dekker, 1971).</summary>
    internal readonly record struct TwoFloats(float High, float Low)
    {
        public TwoFloats Times(TwoFloats other)
        {
            float product = High * other.High;
            float rest = Fused.MultiplyAdd(High, other.High, -product);
            rest = Fused.MultiplyAdd(High, other.Low, rest);
            rest = Fused.MultiplyAdd(Low, other.High, rest);
            float high = product + rest;
            return new TwoFloats(high, rest - (high - product));
        }
    }
}
