using System.Numerics;

namespace Dalle2.IlgpuKernels;

/// <summary>Functions of Math, MathF, XMath and IntrinsicMath, and ILGPU's Half. Transcendental functions may be off by some ulps of float, exact ones may not.</summary>
public sealed class MathKernels : KernelFamily
{
    // Approximations of hardware are good for about 2^-20 relative here.
    const double Approximate = 2e-5;

    static void MathFKernel(Index1D index, ArrayView<float> x, ArrayView2D<float, Stride2D.DenseY> y)
    {
        float value = x[index];
        y[index, 0] = MathF.Sin(value);
        y[index, 1] = MathF.Cos(value);
        y[index, 2] = MathF.Exp(value);
        y[index, 3] = MathF.Log(value);
        y[index, 4] = MathF.Pow(value, 1.5f);
        y[index, 5] = MathF.Tanh(value);
        y[index, 6] = MathF.Tan(value / 4);
        y[index, 7] = MathF.Atan2(value, 2);
    }

    static void MathKernel(Index1D index, ArrayView<double> x, ArrayView2D<double, Stride2D.DenseY> y)
    {
        double value = x[index];
        y[index, 0] = Math.Sin(value);
        y[index, 1] = Math.Cos(value);
        y[index, 2] = Math.Exp(value);
        y[index, 3] = Math.Log(value);
        y[index, 4] = Math.Pow(value, 1.5);
        y[index, 5] = Math.Tanh(value);
        y[index, 6] = Math.Log10(value);
        y[index, 7] = Math.Atan(value);
    }

    static void ExactMathKernel(Index1D index, ArrayView<float> x, ArrayView2D<float, Stride2D.DenseY> y)
    {
        float value = x[index];
        y[index, 0] = Math.Abs(value);
        y[index, 1] = MathF.Floor(value);
        y[index, 2] = MathF.Ceiling(value);
        y[index, 3] = Math.Max(value, 0.25f);
        y[index, 4] = Math.Min(value, 0.25f);
        y[index, 5] = MathF.Sqrt(MathF.Abs(value));
        y[index, 6] = IntrinsicMath.Clamp(value, -1f, 1f);
        y[index, 7] = MathF.Truncate(value);
    }

    static void XMathKernel(Index1D index, ArrayView<float> x, ArrayView2D<float, Stride2D.DenseY> y)
    {
        float value = x[index];
        y[index, 0] = XMath.Exp(value);
        y[index, 1] = XMath.Log(value);
        y[index, 2] = XMath.Pow(value, 2.5f);
        y[index, 3] = XMath.Sin(value);
        y[index, 4] = XMath.Cos(value);
        y[index, 5] = XMath.Tan(value / 4);
        y[index, 6] = XMath.Tanh(value);
        y[index, 7] = XMath.Log2(value);
        y[index, 8] = XMath.Log10(value);
        y[index, 9] = XMath.Exp2(value);
        y[index, 10] = XMath.Atan2(value, 3f);
        y[index, 11] = XMath.Sinh(value);
        y[index, 12] = XMath.Cosh(value);
        y[index, 13] = XMath.Asin(value / 8);
        y[index, 14] = XMath.Acos(value / 8);
        y[index, 15] = XMath.Atan(value);
    }

    static void XMathDoubleKernel(Index1D index, ArrayView<double> x, ArrayView2D<double, Stride2D.DenseY> y)
    {
        double value = x[index];
        y[index, 0] = XMath.Exp(value);
        y[index, 1] = XMath.Log(value);
        y[index, 2] = XMath.Pow(value, 2.5);
        y[index, 3] = XMath.Sqrt(value);
        y[index, 4] = XMath.Rsqrt(value);
        y[index, 5] = XMath.Rcp(value);
        y[index, 6] = XMath.Sin(value);
        y[index, 7] = XMath.Log(value, 3.0);
    }

    static void RoundingKernel(Index1D index, ArrayView<float> x, ArrayView2D<float, Stride2D.DenseY> y)
    {
        float value = x[index];
        y[index, 0] = XMath.Floor(value);
        y[index, 1] = XMath.Ceiling(value);
        y[index, 2] = XMath.Round(value);
        y[index, 3] = XMath.Truncate(value);
        y[index, 4] = XMath.RoundToEven(value);
        y[index, 5] = XMath.RoundAwayFromZero(value);
        y[index, 6] = XMath.Abs(value);
        y[index, 7] = XMath.Min(value, XMath.Max(-1f, 0.5f));
        y[index, 8] = XMath.Clamp(value, -1f, 1f);
        y[index, 9] = XMath.Sign(value);
    }

    static void RootsKernel(Index1D index, ArrayView<float> x, ArrayView2D<float, Stride2D.DenseY> y)
    {
        float value = x[index];
        y[index, 0] = XMath.Sqrt(value);
        y[index, 1] = XMath.Rsqrt(value);
        y[index, 2] = XMath.Rcp(value);
        XMath.SinCos(value, out float sine, out float cosine);
        y[index, 3] = sine * sine + cosine * cosine;
        y[index, 4] = XMath.DegToRad(value * 90);
        y[index, 5] = XMath.RadToDeg(value);
    }

    static void ClassifyKernel(Index1D index, ArrayView<float> x, ArrayView<double> z, ArrayView<int> classes)
    {
        int result = 0;
        if (XMath.IsNaN(x[index]))
            result |= 1;
        if (XMath.IsInfinity(x[index]))
            result |= 2;
        if (float.IsNaN(x[index]))
            result |= 4;
        if (XMath.IsNaN(z[index]))
            result |= 8;
        if (float.IsInfinity(x[index]))
            result |= 16;
        classes[index] = result;
    }

    static void IntegerMathKernel(Index1D index, ArrayView<int> x, ArrayView2D<int, Stride2D.DenseY> y)
    {
        int value = x[index];
        y[index, 0] = IntrinsicMath.Abs(value);
        y[index, 1] = IntrinsicMath.Min(value, 7);
        y[index, 2] = IntrinsicMath.Max(value, 7);
        y[index, 3] = IntrinsicMath.Clamp(value, -5, 5);
        y[index, 4] = XMath.DivRoundUp(value, 8);
        y[index, 5] = IntrinsicMath.DivRoundDown(IntrinsicMath.Abs(value), 8);
        y[index, 6] = Math.Abs(value) + Math.Max(value, 3) - Math.Min(value, 3);
        y[index, 7] = (int)IntrinsicMath.Max((uint)value, 9u);
    }

    static void BitsKernel(Index1D index, ArrayView<uint> x, ArrayView2D<int, Stride2D.DenseY> y)
    {
        uint value = x[index];
        ulong wide = (ulong)value << 20 | 1ul << 55;
        y[index, 0] = IntrinsicMath.PopCount(value);
        y[index, 1] = IntrinsicMath.LeadingZeroCount(value);
        y[index, 2] = IntrinsicMath.TrailingZeroCount(value | 0x80000000u);
        y[index, 3] = XMath.PopCount(wide);
        y[index, 4] = IntrinsicMath.LeadingZeroCount(wide);
        y[index, 5] = IntrinsicMath.TrailingZeroCount((long)wide);
        y[index, 6] = BitOperations.PopCount(value);
        y[index, 7] = BitOperations.LeadingZeroCount(wide);
    }

    static void CopySignKernel(Index1D index, ArrayView<float> x, ArrayView<float> single, ArrayView<double> twofold)
    {
        single[index] = IntrinsicMath.CopySign(2.5f, x[index]);
        twofold[index] = IntrinsicMath.CopySign(-0.5, -x[index]);
    }

    static void HalfKernel(Index1D index, ArrayView<Half> a, ArrayView<Half> b, ArrayView<Half> sums, ArrayView<Half> products,
        ArrayView<float> singles)
    {
        sums[index] = a[index] + b[index];
        products[index] = a[index] * b[index] - (Half)1f;
        singles[index] = a[index] < b[index] ? (float)a[index] : (float)b[index] + 0.5f;
    }

    static void HalfConversionKernel(Index1D index, ArrayView<float> x, ArrayView<Half> halves, ArrayView<double> doubles,
        ArrayView<int> ints)
    {
        Half half = (Half)x[index];
        halves[index] = -half;
        doubles[index] = half;
        ints[index] = (int)half + (Half.IsNaN(half) ? 1000 : 0) + (half == Half.Zero ? 1 : 0);
    }

    static void HalfSaxpyKernel(Index1D index, ArrayView<Half> x, ArrayView<Half> y, Half scale)
    {
        float result = (float)scale * x[index] + y[index];
        y[index] = (Half)result;
    }

    static void SoftmaxKernel(Index1D row, ArrayView2D<float, Stride2D.DenseY> logits, ArrayView2D<float, Stride2D.DenseY> probabilities)
    {
        int columns = logits.IntExtent.Y;
        float largest = float.NegativeInfinity;
        for (int i = 0; i < columns; i++)
            largest = XMath.Max(largest, logits[row, i]);
        float sum = 0;
        for (int i = 0; i < columns; i++)
            sum += XMath.Exp(logits[row, i] - largest);
        for (int i = 0; i < columns; i++)
            probabilities[row, i] = XMath.Exp(logits[row, i] - largest) / sum;
    }

    static void ReinterpretKernel(Index1D index, ArrayView<float> x, ArrayView<uint> bits, ArrayView<float> scaled, ArrayView<ulong> wide)
    {
        uint raw = Interop.FloatAsInt(x[index]);
        bits[index] = raw;
        // One more in the exponent doubles the number.
        scaled[index] = Interop.IntAsFloat(raw + (1u << 23));
        wide[index] = Interop.FloatAsInt((double)x[index]);
    }

    static double[] Table(double[] x, params Func<double, double>[] functions) =>
        [.. x.SelectMany(value => functions.Select(function => function(value)))];

    static float[] Table(float[] x, params Func<float, float>[] functions) =>
        [.. x.SelectMany(value => functions.Select(function => function(value)))];

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            float[] positive = Fill(24, i => .125f + i / 4f);
            double[] precise = Fill(24, i => .125 + i / 4.0);
            float[] rounding = [-2.5f, -1.5f, -1.25f, -.5f, 0, .5f, .75f, 1.5f, 2.5f, 3.5f, 1e6f, -7];
            yield return Implicit("Math.MathF", MathFKernel, new Index1D(24), In(positive),
                Out(Table(positive, MathF.Sin, MathF.Cos, MathF.Exp, MathF.Log, x => MathF.Pow(x, 1.5f), MathF.Tanh, x => MathF.Tan(x / 4),
                x => MathF.Atan2(x, 2))).DenseY(24, 8)) with
            { Tolerance = Approximate };
            yield return Implicit("Math.Math", MathKernel, new Index1D(24), In(precise),
                Out(Table(precise, Math.Sin, Math.Cos, Math.Exp, Math.Log, x => Math.Pow(x, 1.5), Math.Tanh, Math.Log10, Math.Atan))
                .DenseY(24, 8)) with
            { Tolerance = 1e-12 };
            yield return Implicit("Math.Exact", ExactMathKernel, new Index1D(12), In(rounding),
                Out(Table(rounding, Math.Abs, MathF.Floor, MathF.Ceiling, x => Math.Max(x, .25f), x => Math.Min(x, .25f),
                x => MathF.Sqrt(Math.Abs(x)), x => Math.Clamp(x, -1, 1), MathF.Truncate)).DenseY(12, 8));
            yield return Implicit("Math.XMath", XMathKernel, new Index1D(24), In(positive),
                Out(Table(positive, MathF.Exp, MathF.Log, x => MathF.Pow(x, 2.5f), MathF.Sin, MathF.Cos, x => MathF.Tan(x / 4), MathF.Tanh,
                MathF.Log2, MathF.Log10, x => MathF.Pow(2, x), x => MathF.Atan2(x, 3),
                    MathF.Sinh, MathF.Cosh, x => MathF.Asin(x / 8), x => MathF.Acos(x / 8), MathF.Atan))
                    .DenseY(24, 16)) with
            { Tolerance = Approximate };
            yield return Implicit("Math.XMathDouble", XMathDoubleKernel, new Index1D(24), In(precise),
                Out(Table(precise, Math.Exp, Math.Log, x => Math.Pow(x, 2.5), Math.Sqrt, x => 1 / Math.Sqrt(x), x => 1 / x, Math.Sin,
                x => Math.Log(x, 3))).DenseY(24, 8)) with
            { Tolerance = 1e-12 };
            yield return Implicit("Math.Rounding", RoundingKernel, new Index1D(12), In(rounding),
                Out(Table(rounding, MathF.Floor, MathF.Ceiling, MathF.Round, MathF.Truncate, MathF.Round,
                x => MathF.Round(x, MidpointRounding.AwayFromZero), Math.Abs, x => Math.Min(x, .5f), x => Math.Clamp(x, -1, 1),
                    x => Math.Sign(x))).DenseY(12, 10));
            yield return Implicit("Math.Roots", RootsKernel, new Index1D(24), In(positive),
                Out(Table(positive, MathF.Sqrt, x => 1 / MathF.Sqrt(x), x => 1 / x, x => 1, x => x * MathF.PI / 2, x => x * 180 / MathF.PI))
                .DenseY(24, 6)) with
            { Tolerance = Approximate };
            yield return Implicit("Math.Classify", ClassifyKernel, new Index1D(5),
                In(0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue), In(double.NaN, 0, 1, double.NaN, 2),
                Out(8, 5, 18, 26, 0));
            int[] ints = [-100, -9, -8, -1, 0, 1, 7, 8, 9, 63, 64, 1000];
            yield return Implicit("Math.Integer", IntegerMathKernel, new Index1D(12), In(ints), Out([.. ints.SelectMany(x => new[]
            {
                Math.Abs(x), Math.Min(x, 7), Math.Max(x, 7), Math.Clamp(x, -5, 5), (x + 7) / 8, Math.Abs(x) / 8,
                Math.Abs(x) + Math.Max(x, 3) - Math.Min(x, 3), x < 0 ? x : Math.Max(x, 9),
            })]).DenseY(12, 8));
            uint[] bits = Fill(16, i => unchecked((uint)(i * i) * 2654435761u) >> i % 9);
            yield return Implicit("Math.Bits", BitsKernel, new Index1D(16), In(bits), Out([.. bits.SelectMany(x =>
            {
                ulong wide = (ulong)x << 20 | 1ul << 55;
                return new[]
                {
                    BitOperations.PopCount(x), BitOperations.LeadingZeroCount(x), BitOperations.TrailingZeroCount(x | 0x80000000u),
                    BitOperations.PopCount(wide),
                    BitOperations.LeadingZeroCount(wide), BitOperations.TrailingZeroCount(wide), BitOperations.PopCount(x),
                    BitOperations.LeadingZeroCount(wide),
                };
            })]).DenseY(16, 8));
            yield return Implicit("Math.CopySign", CopySignKernel, new Index1D(12), In(rounding),
                Out(12, i => MathF.CopySign(2.5f, rounding[i])), Out(12, i => Math.CopySign(-.5, -rounding[i])));
            // Numbers that Half holds, and so its sums and products: ILGPU's CPU accelerator truncates where its other backends round.
            float[] a = [.. Scattered(32).Select(x => (x % 25 - 12) / 4f)], b = [.. Scattered(32, 2).Select(x => (x % 25 - 12) / 4f)];
            yield return Implicit("Half.Arithmetic", HalfKernel, new Index1D(32), In([.. a.Select(x => (Half)x)]),
                In([.. b.Select(x => (Half)x)]),
                Out(32, i => (Half)(a[i] + b[i])), Out(32, i => (Half)(a[i] * b[i] - 1)), Out(32, i => a[i] < b[i] ? a[i] : b[i] + .5f));
            float[] odd = [0, 1, -2.75f, 65504, 1f / (1 << 24), 1234, -3f / (1 << 16)];
            yield return Implicit("Half.Conversions", HalfConversionKernel, new Index1D(7), In(odd),
                Out(7, i => Interop.IntAsFloat(BitConverter.HalfToUInt16Bits(-(System.Half)odd[i]))),
                Out(7, i => (double)(System.Half)odd[i]),
                Out(7, i => (int)(System.Half)odd[i] + ((System.Half)odd[i] == (System.Half)0 ? 1 : 0)));
            yield return Implicit("Half.Saxpy", HalfSaxpyKernel, new Index1D(32), In([.. a.Select(x => (Half)x)]),
                InOut(Fill(32, i => (Half)b[i]), Fill(32, i => (Half)(2 * a[i] + b[i]))), (Half)2);
            float[] logits = Fractions(5 * 7);
            yield return Implicit("Math.Softmax", SoftmaxKernel, new Index1D(5), In(logits).DenseY(5, 7),
                Out(35, i => (float)(Math.Exp(logits[i]) / logits.Skip(i / 7 * 7).Take(7).Sum(x => Math.Exp(x))))
                .DenseY(5, 7)) with
            { Tolerance = Approximate };
            yield return Implicit("Math.Reinterpret", ReinterpretKernel, new Index1D(24), In(positive),
                Out(24, i => BitConverter.SingleToUInt32Bits(positive[i])), Out(24, i => 2 * positive[i]),
                Out(24, i => BitConverter.DoubleToUInt64Bits(positive[i])));
        }
    }
}
