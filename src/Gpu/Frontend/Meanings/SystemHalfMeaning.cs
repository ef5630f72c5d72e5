#pragma warning disable IDE1006, CA1707 // The names are those that C# gives to operators.
namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// What the compiler reads instead of the members of <see cref="System.Half"/>, found by their names; conversions are called From and To with the type's name. As in .NET, a half
/// is converted to a float, computed with, and rounded back.
/// </summary>
static class SystemHalfMeaning
{
    internal static Half op_Addition(Half left, Half right) => (Half)((float)left + (float)right);

    internal static Half op_Subtraction(Half left, Half right) => (Half)((float)left - (float)right);

    internal static Half op_Multiply(Half left, Half right) => (Half)((float)left * (float)right);

    internal static Half op_Division(Half left, Half right) => (Half)((float)left / (float)right);

    internal static Half op_UnaryNegation(Half value) =>
        BitConverter.UInt16BitsToHalf((ushort)(BitConverter.HalfToUInt16Bits(value) ^ 0x8000));

    internal static Half op_UnaryPlus(Half value) => value;

    internal static Half op_Increment(Half value) => (Half)((float)value + 1f);

    internal static Half op_Decrement(Half value) => (Half)((float)value - 1f);

    internal static bool op_Equality(Half left, Half right) => (float)left == (float)right;

    internal static bool op_Inequality(Half left, Half right) => (float)left != (float)right;

    internal static bool op_LessThan(Half left, Half right) => (float)left < (float)right;

    internal static bool op_LessThanOrEqual(Half left, Half right) => (float)left <= (float)right;

    internal static bool op_GreaterThan(Half left, Half right) => (float)left > (float)right;

    internal static bool op_GreaterThanOrEqual(Half left, Half right) => (float)left >= (float)right;

    internal static bool IsNaN(Half value) => (BitConverter.HalfToUInt16Bits(value) & 0x7FFF) > 0x7C00;

    internal static bool IsFinite(Half value) => (BitConverter.HalfToUInt16Bits(value) & 0x7FFF) < 0x7C00;

    internal static bool IsInfinity(Half value) => (BitConverter.HalfToUInt16Bits(value) & 0x7FFF) == 0x7C00;

    internal static Half Abs(Half value) => BitConverter.UInt16BitsToHalf((ushort)(BitConverter.HalfToUInt16Bits(value) & 0x7FFF));

    internal static Half Sqrt(Half value) => (Half)MathF.Sqrt((float)value);

    internal static Half FromByte(byte value) => (Half)(float)value;

    internal static byte ToByte(Half value) => (byte)(float)value;

    internal static Half FromSByte(sbyte value) => (Half)(float)value;

    internal static sbyte ToSByte(Half value) => (sbyte)(float)value;

    internal static Half FromChar(char value) => (Half)(float)value;

    internal static char ToChar(Half value) => (char)(float)value;

    internal static Half FromInt16(short value) => (Half)(float)value;

    internal static short ToInt16(Half value) => (short)(float)value;

    internal static Half FromUInt16(ushort value) => (Half)(float)value;

    internal static ushort ToUInt16(Half value) => (ushort)(float)value;

    internal static Half FromInt32(int value) => (Half)(float)value;

    internal static int ToInt32(Half value) => (int)(float)value;

    internal static Half FromUInt32(uint value) => (Half)(float)value;

    internal static uint ToUInt32(Half value) => (uint)(float)value;

    internal static Half FromInt64(long value) => (Half)(float)value;

    internal static long ToInt64(Half value) => (long)(float)value;

    internal static Half FromUInt64(ulong value) => (Half)(float)value;

    internal static ulong ToUInt64(Half value) => (ulong)(float)value;

    internal static double ToDouble(Half value) => (float)value;

    internal static Half FromDouble(double value)
    {
        // Rounded to a float first, but to the neighbor with an odd last bit if it is not exact, so that the second rounding is right.
        float near = (float)value;
        uint bits = Interop.FloatAsInt(near);
        bool exact = near == value || (bits & 1) != 0;
        uint odd = Math.Abs((double)near) > Math.Abs(value) ? bits - 1 : bits + 1;
        return (Half)Interop.IntAsFloat(exact ? bits : odd);
    }
}
