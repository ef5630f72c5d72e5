using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Dialect;

/// <summary>Functions that networks need and that <see cref="XMath"/> has no name for; same rules: one polynomial, the same bits on each device.</summary>
public static class SpecialFunctions
{
    /// <summary>The logistic function 1 / (1 + exp(-x)); within 3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sigmoid(float value)
    {
        // With exp(-|x|) nothing overflows: 1 / (1 + t) for x >= 0, t / (1 + t) below.
        float t = XMath.Exp(-XMath.Abs(value));
        return (value < 0f ? t : 1f) / (1f + t);
    }

    /// <summary>log(1 + exp(x)), without overflow; within 3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Softplus(float value) =>
        XMath.Max(value, 0f) + Log1p(XMath.Exp(-XMath.Abs(value)));

    /// <summary>log(1 + x) for x in [0, 1]; within 3 ulp, near zero too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Log1p(float value)
    {
        // The rounding error of 1 + x, put back to first order.
        float u = 1f + value;
        float error = value - (u - 1f);
        return XMath.Log(u) + error / u;
    }

    /// <summary>The error function; absolute error below 2e-7.</summary>
    public static float Erf(float value)
    {
        float a = XMath.Min(XMath.Abs(value), 4f);
        float z = a * a;
        float p = Fused.MultiplyAdd(8.40695156e-5f, z, -0.000815193805f);
        p = Fused.MultiplyAdd(p, z, 0.00520190064f);
        p = Fused.MultiplyAdd(p, z, -0.0268597751f);
        p = Fused.MultiplyAdd(p, z, 0.112837029f);
        p = Fused.MultiplyAdd(p, z, -0.376126343f);
        float small = Fused.MultiplyAdd(p, z, 1.12837917f) * a;
        // erfc(a) = exp(q(a))
        float q = Fused.MultiplyAdd(-2.09094645e-5f, a, 0.000432302015f);
        q = Fused.MultiplyAdd(q, a, -0.00416052249f);
        q = Fused.MultiplyAdd(q, a, 0.0250914857f);
        q = Fused.MultiplyAdd(q, a, -0.108236603f);
        q = Fused.MultiplyAdd(q, a, -0.63338666f);
        q = Fused.MultiplyAdd(q, a, -1.12949515f);
        q = Fused.MultiplyAdd(q, a, 0.000170550805f);
        float large = 1f - XMath.Exp(q);
        float result = a < 0.92f ? small : large;
        result = value < 0f ? -result : result;
        return XMath.IsNaN(value) ? value : result;
    }
}
