namespace Dalle2.Gpu.Extensions;

/// <content>What is exact: rounding, remainders, and the bits of floats. The results are those of <see cref="Math"/> and <see cref="MathF"/>.</content>
public static partial class StrictMath
{
    // From here on every float and every double is an integer; added to a smaller number, these round it to one, to even where two are near.
    const float IntegersOnly = 8388608f;
    const double WideIntegersOnly = 4503599627370496.0;

    /// <summary>The absolute value.</summary>
    public static double Abs(double value) => Math.Abs(value);

    /// <summary>The square root, correctly rounded.</summary>
    public static double Sqrt(double value) => Math.Sqrt(value);

    /// <summary>The largest integer not above the value.</summary>
    public static double Floor(double value) => Math.Floor(value);

    /// <summary>The smallest integer not below the value.</summary>
    public static double Ceiling(double value) => -Math.Floor(-value);

    /// <inheritdoc cref="Ceiling(double)"/>
    public static float Ceiling(float value) => -MathF.Floor(-value);

    /// <summary>The integer next to the value towards zero.</summary>
    public static double Truncate(double value) => WithSign(Math.Floor(Math.Abs(value)), value);

    /// <inheritdoc cref="Truncate(double)"/>
    public static float Truncate(float value) => WithSign(MathF.Floor(MathF.Abs(value)), value);

    /// <summary>The nearest integer; of two, the even one.</summary>
    public static double RoundToEven(double value)
    {
        double size = Math.Abs(value);
        return size < WideIntegersOnly ? WithSign(size + WideIntegersOnly - WideIntegersOnly, value) : value;
    }

    /// <inheritdoc cref="RoundToEven(double)"/>
    public static float RoundToEven(float value)
    {
        float size = MathF.Abs(value);
        return size < IntegersOnly ? WithSign(size + IntegersOnly - IntegersOnly, value) : value;
    }

    /// <summary>The nearest integer; of two, the one further from zero.</summary>
    public static double RoundAwayFromZero(double value)
    {
        double size = Math.Abs(value), below = Math.Floor(size);
        return WithSign(size - below >= 0.5 ? below + 1 : below, value);
    }

    /// <inheritdoc cref="RoundAwayFromZero(double)"/>
    public static float RoundAwayFromZero(float value)
    {
        float size = MathF.Abs(value), below = MathF.Floor(size);
        return WithSign(size - below >= 0.5f ? below + 1 : below, value);
    }

    /// <summary>The nearest integer; of two, the even one.</summary>
    public static double Round(double value) => RoundToEven(value);

    /// <inheritdoc cref="Round(double)"/>
    public static float Round(float value) => RoundToEven(value);

    /// <summary>The integer that a rule chooses; an unknown rule is <see cref="MidpointRounding.ToEven"/>.</summary>
    public static double Round(double value, MidpointRounding mode) => mode switch
    {
        MidpointRounding.AwayFromZero => RoundAwayFromZero(value),
        MidpointRounding.ToZero => Truncate(value),
        MidpointRounding.ToNegativeInfinity => Floor(value),
        MidpointRounding.ToPositiveInfinity => Ceiling(value),
        _ => RoundToEven(value),
    };

    /// <inheritdoc cref="Round(double, MidpointRounding)"/>
    public static float Round(float value, MidpointRounding mode) => mode switch
    {
        MidpointRounding.AwayFromZero => RoundAwayFromZero(value),
        MidpointRounding.ToZero => Truncate(value),
        MidpointRounding.ToNegativeInfinity => Floor(value),
        MidpointRounding.ToPositiveInfinity => Ceiling(value),
        _ => RoundToEven(value),
    };

    /// <summary>Rounded to so many decimal places, 0 to 15 (fewer are 0, more are 15).</summary>
    public static double Round(double value, int digits) => Round(value, digits, MidpointRounding.ToEven);

    /// <summary>Rounded to so many decimal places, 0 to 6 (fewer are 0, more are 6).</summary>
    public static float Round(float value, int digits) => Round(value, digits, MidpointRounding.ToEven);

    /// <summary>Rounded by a rule to so many decimal places, 0 to 15 (fewer are 0, more are 15): the product with a power of ten is, and divided again.</summary>
    public static double Round(double value, int digits, MidpointRounding mode)
    {
        double power = 1;
        for (int digit = 0; digit < digits && digit < 15; digit++)
            power *= 10;
        return Math.Abs(value) < 1e16 ? Round(value * power, mode) / power : value;
    }

    /// <summary>Rounded by a rule to so many decimal places, 0 to 6 (fewer are 0, more are 6).</summary>
    public static float Round(float value, int digits, MidpointRounding mode)
    {
        float power = 1;
        for (int digit = 0; digit < digits && digit < 6; digit++)
            power *= 10;
        return MathF.Abs(value) < 1e8f ? Round(value * power, mode) / power : value;
    }

    /// <summary>What C# writes <c>x % y</c>: the rest of a quotient rounded towards zero, with the sign of <paramref name="x"/>. Exact.</summary>
    public static double Rem(double x, double y)
    {
        double size = Math.Abs(x), divisor = Math.Abs(y);
        if (!(size < double.PositiveInfinity) || !(divisor > 0))
            return double.NaN;
        if (size < divisor)
            return x;
        ulong bits = Interop.FloatAsInt(size), divisorBits = Interop.FloatAsInt(divisor);
        int exponent = (int)(bits >> 52), divisorExponent = (int)(divisorBits >> 52);
        ulong rest = (bits & 0x000FFFFFFFFFFFFF) | (exponent == 0 ? 0 : 0x0010000000000000ul);
        ulong mantissa = (divisorBits & 0x000FFFFFFFFFFFFF) | (divisorExponent == 0 ? 0 : 0x0010000000000000ul);
        // Denormals have the exponent of the least normal number.
        exponent = exponent == 0 ? 1 : exponent;
        divisorExponent = divisorExponent == 0 ? 1 : divisorExponent;
        rest %= mantissa;
        // Long division, eleven bits at a time: no more fit beside the 53 of the rest.
        for (int left = exponent - divisorExponent; left > 0 && rest != 0; left -= 11)
            rest = (rest << (left < 11 ? left : 11)) % mantissa;
        return WithSign(ScaleOnce(rest, divisorExponent - 1075), x);
    }

    /// <inheritdoc cref="Rem(double, double)"/>
    public static float Rem(float x, float y) => (float)Rem((double)x, y);

    /// <summary>The rest of a quotient rounded to the nearest integer, of two to the even one. Exact.</summary>
    public static double IEEERemainder(double x, double y)
    {
        double rest = Rem(x, y), size = Math.Abs(rest);
        double other = rest - WithSign(Math.Abs(y), x), otherSize = Math.Abs(other);
        if (rest == 0 || size != otherSize)
            return otherSize < size ? other : rest;
        double quotient = Math.Abs(x / y);
        return RoundToEven(quotient) > quotient ? other : rest;
    }

    /// <inheritdoc cref="IEEERemainder(double, double)"/>
    public static float IEEERemainder(float x, float y)
    {
        float rest = Rem(x, y), size = MathF.Abs(rest);
        float other = rest - WithSign(MathF.Abs(y), x), otherSize = MathF.Abs(other);
        if (rest == 0 || size != otherSize)
            return otherSize < size ? other : rest;
        float quotient = MathF.Abs(x / y);
        return RoundToEven(quotient) > quotient ? other : rest;
    }

    /// <summary>The value times 2^<paramref name="n"/>, rounded once.</summary>
    public static double ScaleB(double x, int n)
    {
        // Down in steps that keep a number above the denormals but for the last one; what is further away is 0 or infinite.
        int left = n < -2200 ? -2200 : n > 2200 ? 2200 : n;
        double y = x;
        for (int step = 0; step < 2; step++)
        {
            int taken = left > 1023 ? 1023 : left < -1022 ? -969 : 0;
            y *= PowerOfTwo(taken);
            left -= taken;
        }

        return y * PowerOfTwo(left < -1022 ? -1022 : left > 1023 ? 1023 : left);
    }

    /// <inheritdoc cref="ScaleB(double, int)"/>
    public static float ScaleB(float x, int n) => (float)ScaleB((double)x, n < -400 ? -400 : n > 400 ? 400 : n);

    /// <summary>The exponent of the value; of zero the least integer, of what is not finite the greatest.</summary>
    public static int ILogB(double x)
    {
        ulong bits = Interop.FloatAsInt(x) & 0x7FFFFFFFFFFFFFFF;
        int exponent = (int)(bits >> 52);
        if (exponent == 0x7FF)
            return int.MaxValue;
        return bits == 0 ? int.MinValue : exponent == 0 ? -1011 - IntrinsicMath.LeadingZeroCount(bits) : exponent - 1023;
    }

    /// <inheritdoc cref="ILogB(double)"/>
    public static int ILogB(float x) => ILogB((double)x);

    /// <summary>The least double above the value; infinity and NaN stay.</summary>
    public static double BitIncrement(double x)
    {
        long bits = (long)Interop.FloatAsInt(x);
        double next = Interop.IntAsFloat((ulong)(bits < 0 ? bits - 1 : bits + 1));
        return x == 0 ? double.Epsilon : x < double.PositiveInfinity ? next : x;
    }

    /// <inheritdoc cref="BitIncrement(double)"/>
    public static float BitIncrement(float x)
    {
        int bits = (int)Interop.FloatAsInt(x);
        float next = Interop.IntAsFloat((uint)(bits < 0 ? bits - 1 : bits + 1));
        return x == 0 ? float.Epsilon : x < float.PositiveInfinity ? next : x;
    }

    /// <summary>The greatest double below the value; minus infinity and NaN stay.</summary>
    public static double BitDecrement(double x) => -BitIncrement(-x);

    /// <inheritdoc cref="BitDecrement(double)"/>
    public static float BitDecrement(float x) => -BitIncrement(-x);

    /// <summary>A number with another one's sign.</summary>
    internal static double WithSign(double value, double sign) =>
        Interop.IntAsFloat((Interop.FloatAsInt(value) & 0x7FFFFFFFFFFFFFFF) | (Interop.FloatAsInt(sign) & 0x8000000000000000));
}
