#pragma warning disable IDE1006, CA1707 // The names are those that C# gives to operators.
namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// The conversions of <see cref="ILGPU.Half"/> that all its other members build on; its own bodies look them up in tables. As there, a float is cut off to a half, not
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
}
