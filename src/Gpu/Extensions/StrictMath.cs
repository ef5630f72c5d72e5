using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Extensions;

/// <summary>
/// The mathematical functions that kernels call, as our own polynomials, so that each device gives the same bits. All are branch-free
/// up to selections, those of doubles up to the choice of a range. Errors are in units in the last place (ulp): of the polynomials in floats the largest over every float,
/// which <c>perf/functions</c> measures, of others the largest that tests found; a test checks a sample.
/// </summary>
public static partial class StrictMath
{
    /// <summary>The circle constant.</summary>
    public const float PI = 3.14159265f;

    /// <summary>Euler's number.</summary>
    public const float E = 2.71828183f;

    /// <summary>The base-two logarithm of e.</summary>
    public const float Log2E = 1.44269504f;

    /// <summary>The natural logarithm of two.</summary>
    public const float Ln2 = 0.693147181f;

    // ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
    const float Ln2High = 0.693145752f;
    const float Ln2Low = 1.42860677e-6f;

    /// <summary>The absolute value.</summary>
    public static float Abs(float value) => MathF.Abs(value);

    /// <summary>The square root, correctly rounded.</summary>
    public static float Sqrt(float value) => MathF.Sqrt(value);

    /// <summary>One over the square root, each step correctly rounded.</summary>
    public static float Rsqrt(float value) => 1f / MathF.Sqrt(value);

    /// <summary>The largest integer not above the value.</summary>
    public static float Floor(float value) => MathF.Floor(value);

    /// <summary>The smaller of two floats; the second if either is not a number.</summary>
    public static float Min(float first, float second) => first < second ? first : second;

    /// <summary>The larger of two floats; the second if either is not a number.</summary>
    public static float Max(float first, float second) => first > second ? first : second;

    /// <summary>True for NaN.</summary>
    public static bool IsNaN(float value) => float.IsNaN(value);

    /// <summary>True for what is neither infinite nor NaN.</summary>
    public static bool IsFinite(float value) => (Interop.FloatAsInt(value) & 0x7F800000u) != 0x7F800000u;

    /// <summary>e to the <paramref name="value"/>; within 1.06 ulp, denormal results included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float value)
    {
        // NaN passes both limits, and every product after.
        float x = Max(-104f, Min(89f, value));
        float shifted = Fused.MultiplyAdd(x, Log2E, TwoExponents);
        float p = Exp2Fraction(x, shifted - TwoExponents) + 1f;
        // Two factors, since 2^n alone leaves the range of normal numbers at both ends.
        uint exponents = Interop.FloatAsInt(shifted), half = exponents >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponents - half);
    }

    /// <summary>The natural logarithm; within 0.86 ulp. Negative: NaN; zero: minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Log(float value)
    {
        // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); log m through s = (m - 1) / (m + 1)
        bool denormal = value < 1.17549435e-38f;
        float scaled = denormal ? value * 8388608f : value;
        uint offset = Interop.FloatAsInt(scaled) - 0x3F3504F3u;
        float e = ((int)offset >> 23) - (denormal ? 23 : 0);
        float f = Interop.IntAsFloat((offset & 0x007FFFFFu) + 0x3F3504F3u) - 1f;
        float s = f / (2f + f);
        float z = s * s;
        float r = Fused.MultiplyAdd(0.235899903f, z, 0.285369194f);
        r = Fused.MultiplyAdd(r, z, 0.400003409f);
        r = Fused.MultiplyAdd(r, z, 0.666666656f) * z;
        float square = -0.5f * f * f;
        float rest = Fused.MultiplyAdd(e, Ln2Low, Fused.MultiplyAdd(s, r - square, square));
        float result = Fused.MultiplyAdd(e, Ln2High, f + rest);
        result = value > 0f ? result : value == 0f ? float.NegativeInfinity : float.NaN;
        return value < float.PositiveInfinity ? result : value;
    }

    /// <summary>The hyperbolic tangent; within 1.96 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Tanh(float value)
    {
        // With exp(-2 |x|) = 2^n (1 + y): tanh |x| = (1 - 2^n - 2^n y) / (1 + 2^n + 2^n y), where near zero, with n = 0, nothing cancels. From 10 on it is 1.
        float x = -2f * Min(10f, Abs(value));
        float shifted = Fused.MultiplyAdd(x, Log2E, OneExponent);
        float y = Exp2Fraction(x, shifted - OneExponent);
        float power = PowerOfTwo(Interop.FloatAsInt(shifted));
        return WithSign(Fused.MultiplyAdd(power, y, power - 1f) / Fused.MultiplyAdd(power, y, 1f + power), value);
    }

    /// <summary>The sine of an angle in radians, |angle| up to 8,192; within 1.6 ulp, absolute error below 1.5e-7. Further out the one of doubles holds.</summary>
    public static float Sin(float angle)
    {
        float n = RoundUp(angle * (2f / PI));
        float r = ReduceQuarter(angle, n);
        int quadrant = (int)n;
        float result = (quadrant & 1) == 0 ? SinQuarter(r) : CosQuarter(r);
        return (quadrant & 2) == 0 ? result : -result;
    }

    /// <summary>The cosine of an angle in radians, |angle| up to 8,192; within 1.6 ulp, absolute error below 1.5e-7. Further out the one of doubles holds.</summary>
    public static float Cos(float angle)
    {
        float n = RoundUp(angle * (2f / PI));
        float r = ReduceQuarter(angle, n);
        int quadrant = (int)n;
        float result = (quadrant & 1) == 0 ? CosQuarter(r) : SinQuarter(r);
        return ((quadrant + 1) & 2) == 0 ? result : -result;
    }

    // Pi / 2 in three parts, the first two with few bits.
    static float ReduceQuarter(float angle, float n)
    {
        float r = Fused.MultiplyAdd(n, -1.57079625f, angle);
        r = Fused.MultiplyAdd(n, -7.54978942e-8f, r);
        return Fused.MultiplyAdd(n, -5.39030253e-15f, r);
    }

    static float SinQuarter(float r)
    {
        float z = r * r;
        float p = Fused.MultiplyAdd(-0.000195169776f, z, 0.00833217585f);
        p = Fused.MultiplyAdd(p, z, -0.166666549f);
        return Fused.MultiplyAdd(p * z, r, r);
    }

    static float CosQuarter(float r)
    {
        float z = r * r;
        float p = Fused.MultiplyAdd(2.44381025e-5f, z, -0.00138873646f);
        p = Fused.MultiplyAdd(p, z, 0.0416666468f);
        return Fused.MultiplyAdd(p * z, z, Fused.MultiplyAdd(-0.5f, z, 1f));
    }

    // To the nearest integer, ties upward: one rounding rule on every device.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float RoundUp(float value) => Floor(value + 0.5f);

    // Added to a small number, these round it to an integer n and leave n + 127, or n + 254, in the last bits: the biased exponent of 2^n, or the sum of two.
    internal const float OneExponent = 12582912f + 127f;
    internal const float TwoExponents = 12582912f + 254f;

    /// <summary>y of exp(x) = 2^n (1 + y), for the integer n nearest to x / ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Exp2Fraction(float x, float n)
    {
        // r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2];  y = r + r^2 q(r)
        float r = Fused.MultiplyAdd(n, -Ln2High, x);
        r = Fused.MultiplyAdd(n, -Ln2Low, r);
        float q = Fused.MultiplyAdd(0.00139505412f, r, 0.00836891786f);
        q = Fused.MultiplyAdd(q, r, 0.0416662051f);
        q = Fused.MultiplyAdd(q, r, 0.166665186f);
        q = Fused.MultiplyAdd(q, r, 0.5f);
        return Fused.MultiplyAdd(q * r, r, r);
    }

    /// <summary>The power of two with this biased exponent; bits from the ninth on do not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float PowerOfTwo(uint exponent) => Interop.IntAsFloat(exponent << 23);

    /// <summary>A number with another one's sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float WithSign(float value, float sign) =>
        Interop.IntAsFloat((Interop.FloatAsInt(value) & 0x7FFFFFFFu) | (Interop.FloatAsInt(sign) & 0x80000000u));
}
