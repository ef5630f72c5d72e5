using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Dialect;

/// <summary>
/// The mathematical functions that kernels call, as our own polynomials, so that each device gives the same bits. All are branch-free
/// up to selections. Errors are in units in the last place (ulp), measured over a dense sample by a test.
/// </summary>
public static class XMath
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

    /// <summary>e to the <paramref name="value"/>; within 2 ulp, denormal results included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float value)
    {
        // exp(x) = 2^n * exp(r), r = x - n ln 2 in [-ln 2 / 2, ln 2 / 2]
        float x = Min(Max(value, -104f), 89f);
        float n = Round(x * Log2E);
        float r = Fused.MultiplyAdd(n, -Ln2High, x);
        r = Fused.MultiplyAdd(n, -Ln2Low, r);
        float q = Fused.MultiplyAdd(0.00139505412f, r, 0.00836891786f);
        q = Fused.MultiplyAdd(q, r, 0.0416662051f);
        q = Fused.MultiplyAdd(q, r, 0.166665186f);
        q = Fused.MultiplyAdd(q, r, 0.50000001f);
        float p = Fused.MultiplyAdd(q * r, r, r) + 1f;
        // Two factors, since 2^n alone leaves the range of normal numbers at both ends.
        int exponent = (int)n;
        int half = exponent >> 1;
        float result = p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
        return IsNaN(value) ? value : result;
    }

    /// <summary>The natural logarithm; within 2 ulp. Negative: NaN; zero: minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Log(float value)
    {
        // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); log m through s = (m - 1) / (m + 1)
        bool denormal = value < 1.17549435e-38f;
        float scaled = denormal ? value * 8388608f : value;
        uint bits = Interop.FloatAsInt(scaled);
        uint offset = bits - 0x3F3504F3u;
        int exponent = ((int)offset >> 23) - (denormal ? 23 : 0);
        float f = Interop.IntAsFloat((offset & 0x007FFFFFu) + 0x3F3504F3u) - 1f;
        float s = f / (2f + f);
        float z = s * s;
        float r = Fused.MultiplyAdd(0.235899903f, z, 0.285369194f);
        r = Fused.MultiplyAdd(r, z, 0.400003409f);
        r = Fused.MultiplyAdd(r, z, 0.666666656f) * z;
        float halfSquare = 0.5f * f * f;
        float e = exponent;
        float result = e * Ln2High - (halfSquare - (s * (halfSquare + r) + e * Ln2Low) - f);
        result = value == 0f ? float.NegativeInfinity : result;
        result = value < 0f ? float.NaN : result;
        return IsFinite(value) ? result : (value > 0f ? value : float.NaN);
    }

    /// <summary>The hyperbolic tangent; within 3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Tanh(float value)
    {
        float a = Abs(value);
        float z = value * value;
        float p = Fused.MultiplyAdd(-0.00628041294f, z, 0.0210763954f);
        p = Fused.MultiplyAdd(p, z, -0.053853551f);
        p = Fused.MultiplyAdd(p, z, 0.13332599f);
        p = Fused.MultiplyAdd(p, z, -0.33333318f);
        float small = Fused.MultiplyAdd(p * z, value, value);
        float large = 1f - 2f / (Exp(2f * Min(a, 20f)) + 1f);
        large = value < 0f ? -large : large;
        float result = a < 0.55f ? small : large;
        return IsNaN(value) ? value : result;
    }

    /// <summary>The sine of an angle in radians, |angle| up to 8,192; absolute error below 1.5e-7.</summary>
    public static float Sin(float angle)
    {
        float n = Round(angle * (2f / PI));
        float r = ReduceQuarter(angle, n);
        int quadrant = (int)n;
        float result = (quadrant & 1) == 0 ? SinQuarter(r) : CosQuarter(r);
        return (quadrant & 2) == 0 ? result : -result;
    }

    /// <summary>The cosine of an angle in radians, |angle| up to 8,192; absolute error below 1.5e-7.</summary>
    public static float Cos(float angle)
    {
        float n = Round(angle * (2f / PI));
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
    static float Round(float value) => Floor(value + 0.5f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float PowerOfTwo(int exponent) => Interop.IntAsFloat((uint)(exponent + 127) << 23);
}
