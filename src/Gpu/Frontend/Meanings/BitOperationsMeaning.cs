namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>What members of <see cref="System.Numerics.BitOperations"/> mean beside counts of bits, and those of integers of the same names.</summary>
static class BitOperationsMeaning
{
    /// <summary>True for powers of two.</summary>
    public static bool IsPow2(int value) => (value & (value - 1)) == 0 && value > 0;

    /// <inheritdoc cref="IsPow2(int)"/>
    public static bool IsPow2(uint value) => (value & (value - 1)) == 0 && value != 0;

    /// <inheritdoc cref="IsPow2(int)"/>
    public static bool IsPow2(long value) => (value & (value - 1)) == 0 && value > 0;

    /// <inheritdoc cref="IsPow2(int)"/>
    public static bool IsPow2(ulong value) => (value & (value - 1)) == 0 && value != 0;

    /// <summary>The least power of two that is not smaller; 0 if it does not fit.</summary>
    public static uint RoundUpToPowerOf2(uint value) => (uint)(0x100000000ul >> IntrinsicMath.LeadingZeroCount(value - 1));

    /// <inheritdoc cref="RoundUpToPowerOf2(uint)"/>
    public static ulong RoundUpToPowerOf2(ulong value)
    {
        int shift = 64 - IntrinsicMath.LeadingZeroCount(value - 1);
        return (1ul ^ (ulong)(shift >> 6)) << shift;
    }

    /// <summary>The logarithm to base two, rounded down; of 0, 0.</summary>
    public static int Log2(uint value) => 31 - IntrinsicMath.LeadingZeroCount(value | 1);

    /// <inheritdoc cref="Log2(uint)"/>
    public static int Log2(ulong value) => 63 - IntrinsicMath.LeadingZeroCount(value | 1);

    /// <summary>Bits moved, what leaves at one end coming in at the other.</summary>
    public static uint RotateLeft(uint value, int offset) => (value << offset) | (value >> (32 - offset));

    /// <summary>Bits moved, what leaves at one end coming in at the other.</summary>
    public static uint RotateRight(uint value, int offset) => (value >> offset) | (value << (32 - offset));

    /// <inheritdoc cref="RotateLeft(uint, int)"/>
    public static ulong RotateLeft(ulong value, int offset) => (value << offset) | (value >> (64 - offset));

    /// <inheritdoc cref="RotateRight(uint, int)"/>
    public static ulong RotateRight(ulong value, int offset) => (value >> offset) | (value << (64 - offset));

    /// <inheritdoc cref="RotateLeft(uint, int)"/>
    public static int RotateLeft(int value, int offset) => (int)RotateLeft((uint)value, offset);

    /// <inheritdoc cref="RotateRight(uint, int)"/>
    public static int RotateRight(int value, int offset) => (int)RotateRight((uint)value, offset);

    /// <inheritdoc cref="RotateLeft(uint, int)"/>
    public static long RotateLeft(long value, int offset) => (long)RotateLeft((ulong)value, offset);

    /// <inheritdoc cref="RotateRight(uint, int)"/>
    public static long RotateRight(long value, int offset) => (long)RotateRight((ulong)value, offset);
}
