using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Extensions;

/// <summary>Functions that networks need and that <see cref="StrictMath"/> has no name for; same rules: one polynomial, the same bits on each device.</summary>
public static class SpecialFunctions
{
    /// <summary>The logistic function 1 / (1 + exp(-x)); within 1.75 ulp, denormal results included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sigmoid(float value)
    {
        // exp(-x) = 2^n (1 + y) with 2^n = a / b, both within the range of floats: the result is b / (b + a + a y).
        float x = StrictMath.Max(-104f, StrictMath.Min(104f, -value));
        float shifted = Fused.MultiplyAdd(x, StrictMath.Log2E, StrictMath.TwoExponents);
        float y = StrictMath.Exp2Fraction(x, shifted - StrictMath.TwoExponents);
        uint exponents = Interop.FloatAsInt(shifted), half = exponents >> 1;
        float a = StrictMath.PowerOfTwo(exponents - half), b = StrictMath.PowerOfTwo(254u - half);
        // What b is too small to add to a.
        float sum = a + b, rest = b - (sum - a);
        return b / (Fused.MultiplyAdd(a, y, rest) + sum);
    }

    /// <summary>log(1 + exp(x)), without overflow; within 1.86 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Softplus(float value)
    {
        float t = StrictMath.Exp(-StrictMath.Abs(value));
        return t + (StrictMath.Max(value, 0f) + Log1pRest(t));
    }

    /// <summary>log(1 + x) for x in [0, 1]; within 1.39 ulp, near zero too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Log1p(float value) => value + Log1pRest(value);

    /// <summary>The error function; within 1.75 ulp.</summary>
    public static float Erf(float value)
    {
        float a = StrictMath.Min(3.95f, StrictMath.Abs(value));
        // erf(a) = a + a p(a^2)
        float z = a * a;
        float p = Fused.MultiplyAdd(-0.000602796266f, z, 0.00499998592f);
        p = Fused.MultiplyAdd(p, z, -0.0267708618f);
        p = Fused.MultiplyAdd(p, z, 0.112819232f);
        p = Fused.MultiplyAdd(p, z, -0.376125038f);
        p = Fused.MultiplyAdd(p, z, 0.128379151f);
        float small = Fused.MultiplyAdd(p, a, a);
        // erf(a) = 1 - 2^q(a), and 2^q = 2^n 2^r, r in [-1/2, 1/2]
        float q = Fused.MultiplyAdd(-0.00177594402f, a, 0.0222454891f);
        q = Fused.MultiplyAdd(q, a, -0.130746529f);
        q = Fused.MultiplyAdd(q, a, -0.939866841f);
        q = Fused.MultiplyAdd(q, a, -1.61535716f);
        q = Fused.MultiplyAdd(q, a, -0.00291554607f);
        float shifted = q + StrictMath.OneExponent;
        float r = q - (shifted - StrictMath.OneExponent);
        float e = Fused.MultiplyAdd(0.00134357903f, r, 0.00967259891f);
        e = Fused.MultiplyAdd(e, r, 0.0555023998f);
        e = Fused.MultiplyAdd(e, r, 0.240222231f);
        e = Fused.MultiplyAdd(e, r, 0.693147242f);
        e = Fused.MultiplyAdd(e, r, 1f);
        float large = 1f - e * StrictMath.PowerOfTwo(Interop.FloatAsInt(shifted));
        return StrictMath.WithSign(a < 0.92f ? small : large, value);
    }

    // log(1 + x) - x, through s = x / (2 + x):  s (x^2 / 2 + r(s^2)) - x^2 / 2
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Log1pRest(float x)
    {
        float s = x / (2f + x);
        float z = s * s;
        float r = Fused.MultiplyAdd(0.242452711f, z, 0.214438841f);
        r = Fused.MultiplyAdd(r, z, 0.286152124f);
        r = Fused.MultiplyAdd(r, z, 0.399989486f);
        r = Fused.MultiplyAdd(r, z, 0.666666746f) * z;
        float square = -0.5f * x * x;
        return Fused.MultiplyAdd(s, r - square, square);
    }
}
