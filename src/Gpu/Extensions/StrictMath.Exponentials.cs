namespace Dalle2.Gpu.Extensions;

/// <content>Powers, logarithms, roots and hyperbolic functions of doubles, and those of floats that are a double's rounded. Series, not tables; sums of two doubles where one has not the bits.</content>
public static partial class StrictMath
{
    // As above, but for doubles: 42 bits, and what they lack.
    const double WideLn2High = 0.6931471805598903;
    const double WideLn2Low = 5.497923018708371e-14;

    // 1.5 * 2^52: added to a small number, it rounds it to an integer.
    const double Shift = 6755399441055744.0;

    static Wide Ln2InBoth => new(0.6931471805599453, 2.3190468138462996e-17);

    static Wide Log2EInBoth => new(1.4426950408889634, 2.0355273740931033e-17);

    static Wide Log10EInBoth => new(0.4342944819032518, 1.098319650216765e-17);

    /// <summary>e to the <paramref name="value"/>; within 0.6 ulp, 1 where the result is denormal.</summary>
    public static double Exp(double value) => ExpScaled(new Wide(Within(value, 746, 710), 0), 0);

    /// <summary>Two to the <paramref name="value"/>; within 0.6 ulp, 1 where the result is denormal.</summary>
    public static double Exp2(double value)
    {
        double x = Within(value, 1080, 1030);
        double n = x + Shift - Shift;
        return ScaleOnce(ExpFraction(Ln2InBoth * (x - n)), (int)n);
    }

    /// <inheritdoc cref="Exp2(double)"/>
    public static float Exp2(float value) => (float)Exp2((double)value);

    /// <summary>The natural logarithm; within 0.51 ulp. Negative: NaN; zero: minus infinity.</summary>
    public static double Log(double value) => LogResult(value, LogWide(value).Value);

    /// <summary>The logarithm to base two; within 0.51 ulp, exact for powers of two.</summary>
    public static double Log2(double value) => LogResult(value, (LogWide(value) * Log2EInBoth).Value);

    /// <inheritdoc cref="Log2(double)"/>
    public static float Log2(float value) => (float)Log2((double)value);

    /// <summary>The logarithm to base ten; within 0.51 ulp, exact for powers of ten.</summary>
    public static double Log10(double value) => LogResult(value, (LogWide(value) * Log10EInBoth).Value);

    /// <inheritdoc cref="Log10(double)"/>
    public static float Log10(float value) => (float)Log10((double)value);

    /// <summary>The logarithm to any base; within 0.51 ulp. To base 1: NaN, as is that to base 0 or infinity of anything but 1.</summary>
    public static double Log(double value, double newBase)
    {
        if (!(value >= 0) || !(newBase >= 0) || newBase == 1 || (value != 1 && (newBase == 0 || newBase == double.PositiveInfinity)))
            return double.NaN;
        if (value == 0 || value == double.PositiveInfinity)
            return value == 0 == newBase > 1 ? double.NegativeInfinity : double.PositiveInfinity;
        // Of 1, in all bases: a zero with the sign that the quotient of the logarithms has.
        return value == 1 ? (newBase < 1 ? -0.0 : 0.0) : (LogWide(value) / LogWide(newBase)).Value;
    }

    /// <inheritdoc cref="Log(double, double)"/>
    public static float Log(float value, float newBase) => (float)Log((double)value, newBase);

    /// <summary><paramref name="value"/> to the power of <paramref name="exponent"/>; within 0.6 ulp, 1 where the result is denormal. Special values are those of <see cref="Math.Pow"/>.</summary>
    public static double Pow(double value, double exponent)
    {
        double size = Math.Abs(value), half = exponent * 0.5;
        if (exponent == 0 || value == 1 || (value == -1 && Math.Abs(exponent) == double.PositiveInfinity))
            return 1;
        if (double.IsNaN(value) || double.IsNaN(exponent))
            return value + exponent;
        bool isInteger = Math.Floor(exponent) == exponent, isOdd = isInteger && Math.Floor(half) != half;
        bool isNegative = (Interop.FloatAsInt(value) >> 63) != 0;
        double sign = isNegative && isOdd ? -1 : 1;
        if (size == 0 || size == double.PositiveInfinity)
            return size == 0 == exponent < 0 ? sign * double.PositiveInfinity : sign * 0.0;
        if (isNegative && !isInteger)
            return double.NaN;
        Wide logarithm = LogWide(size);
        // What is far beyond the range is so without the rest, which would not be a number.
        double estimate = logarithm.High * exponent;
        if (!(Math.Abs(estimate) < 750))
            return estimate < 0 ? sign * 0.0 : sign * double.PositiveInfinity;
        return sign * ExpScaled(logarithm * exponent, 0);
    }

    /// <inheritdoc cref="Pow(double, double)"/>
    public static float Pow(float value, float exponent) => (float)Pow((double)value, exponent);

    /// <summary>The cube root; within 0.51 ulp.</summary>
    public static double Cbrt(double value)
    {
        double size = Math.Abs(value);
        if (!(size < double.PositiveInfinity) || size == 0)
            return value;
        // Cubes stay within the range; 2^54 has a root that is a power of two.
        bool isSmall = size < 1e-290, isLarge = size > 1e290;
        double x = isSmall ? size * 18014398509481984.0 : isLarge ? size * 5.551115123125783e-17 : size;
        // A third of the exponent: right to five bits. Halley's steps triple them, twice; Newton's, with the rest of the cube exact, comes last.
        double t = Interop.IntAsFloat(Interop.FloatAsInt(x) / 3 + 0x2A9F789300000000);
        for (int step = 0; step < 2; step++)
        {
            double cube = t * t * t;
            t *= (cube + 2 * x) / (2 * cube + x);
        }

        double rest = (Wide.Product(t, t) * t + -x).Value;
        t -= rest / (3 * t * t);
        return WithSign(isSmall ? t * 3.814697265625e-6 : isLarge ? t * 262144 : t, value);
    }

    /// <inheritdoc cref="Cbrt(double)"/>
    public static float Cbrt(float value) => (float)Cbrt((double)value);

    /// <summary>One over the value, correctly rounded.</summary>
    public static double Rcp(double value) => 1 / value;

    /// <inheritdoc cref="Rcp(double)"/>
    public static float Rcp(float value) => 1f / value;

    /// <summary>One over the square root, each step correctly rounded.</summary>
    public static double Rsqrt(double value) => 1 / Math.Sqrt(value);

    // e^x 2^scale, for |x| up to 760.
    static double ExpScaled(Wide x, int scale)
    {
        double n = Math.FusedMultiplyAdd(x.High, Log2EInBoth.High, Shift) - Shift;
        Wide f = Wide.Sum(Math.FusedMultiplyAdd(n, -WideLn2High, x.High), Math.FusedMultiplyAdd(n, -WideLn2Low, x.Low));
        return ScaleOnce(ExpFraction(f), (int)n + scale);
    }

    // e^f for |f| up to ln 2 / 2, by its series.
    static double ExpFraction(Wide f)
    {
        double q = Math.FusedMultiplyAdd(1.6059043836821613e-10, f.High, 2.08767569878681e-9);
        q = Math.FusedMultiplyAdd(q, f.High, 2.505210838544172e-8);
        q = Math.FusedMultiplyAdd(q, f.High, 2.755731922398589e-7);
        q = Math.FusedMultiplyAdd(q, f.High, 2.7557319223985893e-6);
        q = Math.FusedMultiplyAdd(q, f.High, 2.48015873015873e-5);
        q = Math.FusedMultiplyAdd(q, f.High, 0.0001984126984126984);
        q = Math.FusedMultiplyAdd(q, f.High, 0.001388888888888889);
        q = Math.FusedMultiplyAdd(q, f.High, 0.008333333333333333);
        q = Math.FusedMultiplyAdd(q, f.High, 0.041666666666666664);
        q = Math.FusedMultiplyAdd(q, f.High, 0.16666666666666666);
        q = Math.FusedMultiplyAdd(q, f.High, 0.5);
        Wide sum = Wide.Ordered(1, f.High);
        return sum.High + (sum.Low + Math.FusedMultiplyAdd(f.High * f.High, q, Math.FusedMultiplyAdd(f.Low, f.High, f.Low)));
    }

    // x 2^n for x near 1: in two steps, since 2^n alone leaves the range, of which the first is exact.
    static double ScaleOnce(double x, int n)
    {
        int half = n >> 1;
        return x * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    static double PowerOfTwo(int exponent) => Interop.IntAsFloat((ulong)(exponent + 1023) << 52);

    // NaN passes.
    static double Within(double value, double below, double above) => value < -below ? -below : value > above ? above : value;

    // What the logarithm of a number is that has none, or no finite one.
    static double LogResult(double value, double result) =>
        value > 0 ? (value < double.PositiveInfinity ? result : value) : value == 0 ? double.NegativeInfinity : double.NaN;

    // log of a positive number, to some 65 bits: x = m 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2 artanh((m - 1) / (m + 1))
    static Wide LogWide(double x)
    {
        const ulong LeastMantissa = 0x3FE6A09E667F3BCD;
        bool denormal = x < 2.2250738585072014e-308;
        double scaled = denormal ? x * 18014398509481984.0 : x;
        ulong offset = Interop.FloatAsInt(scaled) - LeastMantissa;
        double e = (int)((long)offset >> 52) - (denormal ? 54 : 0);
        double m = Interop.IntAsFloat((offset & 0x000FFFFFFFFFFFFF) + LeastMantissa);
        Wide s = new Wide(m - 1, 0) / Wide.Sum(m, 1);
        // 1 + z / 3 + z^2 r(z), the first two terms with all bits
        Wide z = s * s;
        double r = Math.FusedMultiplyAdd(0.037037037037037035, z.High, 0.04);
        r = Math.FusedMultiplyAdd(r, z.High, 0.043478260869565216);
        r = Math.FusedMultiplyAdd(r, z.High, 0.047619047619047616);
        r = Math.FusedMultiplyAdd(r, z.High, 0.05263157894736842);
        r = Math.FusedMultiplyAdd(r, z.High, 0.058823529411764705);
        r = Math.FusedMultiplyAdd(r, z.High, 0.06666666666666667);
        r = Math.FusedMultiplyAdd(r, z.High, 0.07692307692307693);
        r = Math.FusedMultiplyAdd(r, z.High, 0.09090909090909091);
        r = Math.FusedMultiplyAdd(r, z.High, 0.1111111111111111);
        r = Math.FusedMultiplyAdd(r, z.High, 0.14285714285714285);
        r = Math.FusedMultiplyAdd(r, z.High, 0.2);
        Wide sum = z * new Wide(0.3333333333333333, 1.850371707708594e-17);
        sum = Wide.Ordered(1, sum.High) + new Wide(z.High * z.High * r, sum.Low);
        Wide logarithm = s * sum;
        return new Wide(e * WideLn2High, e * WideLn2Low) + new Wide(2 * logarithm.High, 2 * logarithm.Low);
    }

    // The same of a sum of two.
    static Wide LogWide(Wide x) => LogWide(x.High) + x.Low / x.High;
}
