#pragma warning disable IDE1006, CA1707 // The names are those that C# gives to operators.
namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// The members of <see cref="ILGPU.Half"/> that kernels cannot read: the conversions that all others build on, which it looks up in tables, and a comparison. As there, a float is cut off to a half, not
/// rounded, and what is too large is infinite.
/// </summary>
static class HalfMeaning
{
    /// <summary>The float of the same value.</summary>
    public static float op_Implicit(ILGPU.Half halfValue) => (float)BitConverter.UInt16BitsToHalf(Interop.FloatAsInt(halfValue));

    /// <summary>The half next to the float towards zero.</summary>
    public static ILGPU.Half op_Explicit(float floatValue)
    {
        uint bits = Interop.FloatAsInt(floatValue), size = bits & 0x7FFFFFFF, exponent = size >> 23, mantissa = size & 0x007FFFFF;
        uint small = exponent < 103 ? 0 : (mantissa | 0x00800000) >> (int)(126 - exponent);
        uint large = exponent == 255 ? mantissa >> 13 : 0;
        uint half = exponent < 113 ? small : exponent < 143 ? (size - 0x38000000) >> 13 : 0x7C00 + large;
        return Interop.IntAsFloat((ushort)((bits >> 16 & 0x8000) | half));
    }

    /// <summary>-1, 0 or 1, as of floats: NaN is the least of all, and equals itself.</summary>
    public static int CompareTo(ref ILGPU.Half half, ILGPU.Half other)
    {
        float a = half, b = other;
        return a < b ? -1 : a > b ? 1 : a == b ? 0 : !float.IsNaN(a) ? 1 : float.IsNaN(b) ? 0 : -1;
    }
}
