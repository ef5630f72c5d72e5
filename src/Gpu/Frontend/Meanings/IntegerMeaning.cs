namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>What static members of integers mean where their results are of the integer's own type, and what asks for their signs.</summary>
static class IntegerMeaning
{
    /// <summary>The number of bits that are set.</summary>
    public static int PopCount(int value) => IntrinsicMath.PopCount(value);

    /// <summary>The number of zeros above the highest bit that is set.</summary>
    public static int LeadingZeroCount(int value) => IntrinsicMath.LeadingZeroCount(value);

    /// <summary>The number of zeros below the lowest bit that is set.</summary>
    public static int TrailingZeroCount(int value) => IntrinsicMath.TrailingZeroCount(value);

    /// <summary>The logarithm to base two, rounded down; of 0, 0.</summary>
    public static int Log2(int value) => BitOperationsMeaning.Log2((uint)value);

    /// <summary>True for multiples of two.</summary>
    public static bool IsEvenInteger(int value) => (value & 1) == 0;

    /// <summary>True for all others.</summary>
    public static bool IsOddInteger(int value) => (value & 1) != 0;

    /// <summary>True below zero.</summary>
    public static bool IsNegative(int value) => value < 0;

    /// <summary>True from zero on.</summary>
    public static bool IsPositive(int value) => value >= 0;

    /// <inheritdoc cref="PopCount(int)"/>
    public static uint PopCount(uint value) => (uint)IntrinsicMath.PopCount(value);

    /// <inheritdoc cref="LeadingZeroCount(int)"/>
    public static uint LeadingZeroCount(uint value) => (uint)IntrinsicMath.LeadingZeroCount(value);

    /// <inheritdoc cref="TrailingZeroCount(int)"/>
    public static uint TrailingZeroCount(uint value) => (uint)IntrinsicMath.TrailingZeroCount(value);

    /// <inheritdoc cref="Log2(int)"/>
    public static uint Log2(uint value) => (uint)BitOperationsMeaning.Log2(value);

    /// <inheritdoc cref="IsEvenInteger(int)"/>
    public static bool IsEvenInteger(uint value) => (value & 1) == 0;

    /// <inheritdoc cref="IsOddInteger(int)"/>
    public static bool IsOddInteger(uint value) => (value & 1) != 0;

    /// <summary>0 or 1.</summary>
    public static int Sign(uint value) => value == 0 ? 0 : 1;

    /// <inheritdoc cref="PopCount(int)"/>
    public static long PopCount(long value) => IntrinsicMath.PopCount(value);

    /// <inheritdoc cref="LeadingZeroCount(int)"/>
    public static long LeadingZeroCount(long value) => IntrinsicMath.LeadingZeroCount(value);

    /// <inheritdoc cref="TrailingZeroCount(int)"/>
    public static long TrailingZeroCount(long value) => IntrinsicMath.TrailingZeroCount(value);

    /// <inheritdoc cref="Log2(int)"/>
    public static long Log2(long value) => BitOperationsMeaning.Log2((ulong)value);

    /// <inheritdoc cref="IsEvenInteger(int)"/>
    public static bool IsEvenInteger(long value) => (value & 1) == 0;

    /// <inheritdoc cref="IsOddInteger(int)"/>
    public static bool IsOddInteger(long value) => (value & 1) != 0;

    /// <inheritdoc cref="IsNegative(int)"/>
    public static bool IsNegative(long value) => value < 0;

    /// <inheritdoc cref="IsPositive(int)"/>
    public static bool IsPositive(long value) => value >= 0;

    /// <inheritdoc cref="PopCount(int)"/>
    public static ulong PopCount(ulong value) => (ulong)IntrinsicMath.PopCount(value);

    /// <inheritdoc cref="LeadingZeroCount(int)"/>
    public static ulong LeadingZeroCount(ulong value) => (ulong)IntrinsicMath.LeadingZeroCount(value);

    /// <inheritdoc cref="TrailingZeroCount(int)"/>
    public static ulong TrailingZeroCount(ulong value) => (ulong)IntrinsicMath.TrailingZeroCount(value);

    /// <inheritdoc cref="Log2(int)"/>
    public static ulong Log2(ulong value) => (ulong)BitOperationsMeaning.Log2(value);

    /// <inheritdoc cref="IsEvenInteger(int)"/>
    public static bool IsEvenInteger(ulong value) => (value & 1) == 0;

    /// <inheritdoc cref="IsOddInteger(int)"/>
    public static bool IsOddInteger(ulong value) => (value & 1) != 0;

    /// <inheritdoc cref="Sign(uint)"/>
    public static int Sign(ulong value) => value == 0 ? 0 : 1;
}
