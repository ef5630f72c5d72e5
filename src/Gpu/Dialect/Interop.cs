using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Dialect;

/// <summary>The bits of floating-point numbers as integers, and back.</summary>
public static class Interop
{
    /// <summary>The bits of a float.</summary>
    public static uint FloatAsInt(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>The bits of a double.</summary>
    public static ulong FloatAsInt(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>The bits of a half.</summary>
    public static ushort FloatAsInt(Half value) => BitConverter.HalfToUInt16Bits(value);

    /// <summary>The half of some bits.</summary>
    public static Half IntAsFloat(ushort value) => BitConverter.UInt16BitsToHalf(value);

    /// <summary>The float of some bits.</summary>
    public static float IntAsFloat(uint value) => BitConverter.UInt32BitsToSingle(value);

    /// <summary>The double of some bits.</summary>
    public static double IntAsFloat(ulong value) => BitConverter.UInt64BitsToDouble(value);

    /// <summary>The size of a type in bytes.</summary>
    public static int SizeOf<T>()
        where T : unmanaged => Unsafe.SizeOf<T>();
}
