namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>What members of <see cref="IntrinsicMath"/> mean.</summary>
static class IntrinsicMathMeaning
{
    /// <summary>The absolute value.</summary>
    public static float Abs(float value) => MathF.Abs(value);

    /// <inheritdoc cref="Abs(float)"/>
    public static double Abs(double value) => Math.Abs(value);

    /// <summary>The absolute value; of the smallest integer, itself.</summary>
    public static int Abs(int value) => value < 0 ? -value : value;

    /// <inheritdoc cref="Abs(int)"/>
    public static long Abs(long value) => value < 0 ? -value : value;

    /// <summary>The smaller of two integers.</summary>
    public static int Min(int first, int second) => first < second ? first : second;

    /// <inheritdoc cref="Min(int, int)"/>
    public static uint Min(uint first, uint second) => first < second ? first : second;

    /// <inheritdoc cref="Min(int, int)"/>
    public static long Min(long first, long second) => first < second ? first : second;

    /// <inheritdoc cref="Min(int, int)"/>
    public static ulong Min(ulong first, ulong second) => first < second ? first : second;

    /// <summary>The smaller of two floats, as .NET has it: NaN if either is, and of the zeros the negative one.</summary>
    public static float Min(float first, float second) => first < second ? first : second < first ? second
        : first == second ? Interop.IntAsFloat(Interop.FloatAsInt(first) | Interop.FloatAsInt(second)) : first + second;

    /// <inheritdoc cref="Min(float, float)"/>
    public static double Min(double first, double second) => first < second ? first : second < first ? second
        : first == second ? Interop.IntAsFloat(Interop.FloatAsInt(first) | Interop.FloatAsInt(second)) : first + second;

    /// <summary>The larger of two integers.</summary>
    public static int Max(int first, int second) => first > second ? first : second;

    /// <inheritdoc cref="Max(int, int)"/>
    public static uint Max(uint first, uint second) => first > second ? first : second;

    /// <inheritdoc cref="Max(int, int)"/>
    public static long Max(long first, long second) => first > second ? first : second;

    /// <inheritdoc cref="Max(int, int)"/>
    public static ulong Max(ulong first, ulong second) => first > second ? first : second;

    /// <summary>The larger of two floats, as .NET has it: NaN if either is, and of the zeros the positive one.</summary>
    public static float Max(float first, float second) => first > second ? first : second > first ? second
        : first == second ? Interop.IntAsFloat(Interop.FloatAsInt(first) & Interop.FloatAsInt(second)) : first + second;

    /// <inheritdoc cref="Max(float, float)"/>
    public static double Max(double first, double second) => first > second ? first : second > first ? second
        : first == second ? Interop.IntAsFloat(Interop.FloatAsInt(first) & Interop.FloatAsInt(second)) : first + second;

    /// <summary>The value held within [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public static int Clamp(int value, int min, int max) => Max(Min(value, max), min);

    /// <inheritdoc cref="Clamp(int, int, int)"/>
    public static long Clamp(long value, long min, long max) => Max(Min(value, max), min);

    /// <inheritdoc cref="Clamp(int, int, int)"/>
    public static float Clamp(float value, float min, float max) => Max(Min(value, max), min);

    /// <inheritdoc cref="Clamp(int, int, int)"/>
    public static double Clamp(double value, double min, double max) => Max(Min(value, max), min);

    /// <summary>The quotient of two positive integers, rounded up.</summary>
    public static int DivRoundUp(int numerator, int denominator) => (numerator + denominator - 1) / denominator;

    /// <inheritdoc cref="DivRoundUp(int, int)"/>
    public static long DivRoundUp(long numerator, long denominator) => (numerator + denominator - 1) / denominator;

    /// <summary>The quotient of two positive integers, rounded down.</summary>
    public static int DivRoundDown(int numerator, int denominator) => numerator / denominator;

    /// <inheritdoc cref="DivRoundDown(int, int)"/>
    public static long DivRoundDown(long numerator, long denominator) => numerator / denominator;

    /// <summary>The magnitude of one number with the sign of another.</summary>
    public static float CopySign(float magnitude, float sign) =>
        Interop.IntAsFloat((Interop.FloatAsInt(magnitude) & 0x7FFFFFFFu) | (Interop.FloatAsInt(sign) & 0x80000000u));

    /// <inheritdoc cref="CopySign(float, float)"/>
    public static double CopySign(double magnitude, double sign) =>
        Interop.IntAsFloat((Interop.FloatAsInt(magnitude) & 0x7FFFFFFFFFFFFFFFul) | (Interop.FloatAsInt(sign) & 0x8000000000000000ul));

    /// <summary>The number of bits that are set.</summary>
    public static int PopCount(uint value)
    {
        // Sums of 1, 2 and 4 bits side by side; the product adds up the bytes in its highest one.
        uint pairs = value - ((value >> 1) & 0x55555555u);
        uint nibbles = (pairs & 0x33333333u) + ((pairs >> 2) & 0x33333333u);
        return (int)((((nibbles + (nibbles >> 4)) & 0x0F0F0F0Fu) * 0x01010101u) >> 24);
    }

    /// <inheritdoc cref="PopCount(uint)"/>
    public static int PopCount(int value) => PopCount((uint)value);

    /// <inheritdoc cref="PopCount(uint)"/>
    public static int PopCount(ulong value) => PopCount((uint)value) + PopCount((uint)(value >> 32));

    /// <inheritdoc cref="PopCount(uint)"/>
    public static int PopCount(long value) => PopCount((ulong)value);

    /// <summary>The number of zeros above the highest bit that is set; all of them if none is.</summary>
    public static int LeadingZeroCount(uint value)
    {
        // Set every bit below the highest one: what is left are the zeros.
        uint set = value | (value >> 1);
        set |= set >> 2;
        set |= set >> 4;
        set |= set >> 8;
        set |= set >> 16;
        return PopCount(~set);
    }

    /// <inheritdoc cref="LeadingZeroCount(uint)"/>
    public static int LeadingZeroCount(int value) => LeadingZeroCount((uint)value);

    /// <inheritdoc cref="LeadingZeroCount(uint)"/>
    public static int LeadingZeroCount(ulong value)
    {
        uint high = (uint)(value >> 32);
        return high != 0 ? LeadingZeroCount(high) : 32 + LeadingZeroCount((uint)value);
    }

    /// <inheritdoc cref="LeadingZeroCount(uint)"/>
    public static int LeadingZeroCount(long value) => LeadingZeroCount((ulong)value);

    /// <summary>The number of zeros below the lowest bit that is set; all of them if none is.</summary>
    public static int TrailingZeroCount(uint value) => PopCount(~value & (value - 1u));

    /// <inheritdoc cref="TrailingZeroCount(uint)"/>
    public static int TrailingZeroCount(int value) => TrailingZeroCount((uint)value);

    /// <inheritdoc cref="TrailingZeroCount(uint)"/>
    public static int TrailingZeroCount(ulong value) => PopCount(~value & (value - 1ul));

    /// <inheritdoc cref="TrailingZeroCount(uint)"/>
    public static int TrailingZeroCount(long value) => TrailingZeroCount((ulong)value);
}
