using Dalle2.Gpu.Extensions;

namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>
/// What members of <see cref="Math"/> and <see cref="MathF"/> mean that <see cref="StrictMath"/> has not, or has by another rule. Where .NET throws, there is a value: the smallest
/// integer has itself as its absolute value, of limits in the wrong order the first that is passed counts.
/// </summary>
static class MathMeaning
{
    // Up to here the sine in floats holds.
    const float NearAngles = 8192f;

    /// <summary>The absolute value; of the smallest integer, itself.</summary>
    public static sbyte Abs(sbyte value) => (sbyte)(value < 0 ? -value : value);

    /// <inheritdoc cref="Abs(sbyte)"/>
    public static short Abs(short value) => (short)(value < 0 ? -value : value);

    /// <summary>-1, 0 or 1; of NaN, for which .NET throws, 0.</summary>
    public static int Sign(sbyte value) => value < 0 ? -1 : value > 0 ? 1 : 0;

    /// <inheritdoc cref="Sign(sbyte)"/>
    public static int Sign(short value) => value < 0 ? -1 : value > 0 ? 1 : 0;

    /// <inheritdoc cref="Sign(sbyte)"/>
    public static int Sign(int value) => value < 0 ? -1 : value > 0 ? 1 : 0;

    /// <inheritdoc cref="Sign(sbyte)"/>
    public static int Sign(long value) => value < 0 ? -1 : value > 0 ? 1 : 0;

    /// <inheritdoc cref="Sign(sbyte)"/>
    public static int Sign(float value) => value < 0 ? -1 : value > 0 ? 1 : 0;

    /// <inheritdoc cref="Sign(sbyte)"/>
    public static int Sign(double value) => value < 0 ? -1 : value > 0 ? 1 : 0;

    /// <summary>The value within limits; NaN stays.</summary>
    public static float Clamp(float value, float min, float max) => value < min ? min : value > max ? max : value;

    /// <inheritdoc cref="Clamp(float, float, float)"/>
    public static double Clamp(double value, double min, double max) => value < min ? min : value > max ? max : value;

    /// <summary>The one of larger size; of two such the positive one, and NaN if either is.</summary>
    public static float MaxMagnitude(float x, float y)
    {
        float first = MathF.Abs(x), second = MathF.Abs(y);
        return first > second || float.IsNaN(first) ? x : first == second ? IntrinsicMath.Max(x, y) : y;
    }

    /// <inheritdoc cref="MaxMagnitude(float, float)"/>
    public static double MaxMagnitude(double x, double y)
    {
        double first = Math.Abs(x), second = Math.Abs(y);
        return first > second || double.IsNaN(first) ? x : first == second ? IntrinsicMath.Max(x, y) : y;
    }

    /// <summary>The one of smaller size; of two such the negative one, and NaN if either is.</summary>
    public static float MinMagnitude(float x, float y)
    {
        float first = MathF.Abs(x), second = MathF.Abs(y);
        return first < second || float.IsNaN(first) ? x : first == second ? IntrinsicMath.Min(x, y) : y;
    }

    /// <inheritdoc cref="MinMagnitude(float, float)"/>
    public static double MinMagnitude(double x, double y)
    {
        double first = Math.Abs(x), second = Math.Abs(y);
        return first < second || double.IsNaN(first) ? x : first == second ? IntrinsicMath.Min(x, y) : y;
    }

    /// <summary>A product that does not overflow.</summary>
    public static long BigMul(int a, int b) => (long)a * b;

    /// <inheritdoc cref="BigMul(int, int)"/>
    public static ulong BigMul(uint a, uint b) => (ulong)a * b;

    /// <summary>The upper and the lower half of a product.</summary>
    public static ulong BigMul(ulong a, ulong b, out ulong low)
    {
        low = a * b;
        return StrictMath.HighProduct(a, b);
    }

    /// <inheritdoc cref="BigMul(ulong, ulong, out ulong)"/>
    public static long BigMul(long a, long b, out long low)
    {
        low = a * b;
        return (long)StrictMath.HighProduct((ulong)a, (ulong)b) - (a < 0 ? b : 0) - (b < 0 ? a : 0);
    }

    /// <summary>The quotient and, beside it, the rest of two integers.</summary>
    public static int DivRem(int a, int b, out int result)
    {
        result = a % b;
        return a / b;
    }

    /// <inheritdoc cref="DivRem(int, int, out int)"/>
    public static long DivRem(long a, long b, out long result)
    {
        result = a % b;
        return a / b;
    }

    /// <summary>Quotient and rest of two integers.</summary>
    public static (sbyte Quotient, sbyte Remainder) DivRem(sbyte left, sbyte right) => ((sbyte)(left / right), (sbyte)(left % right));

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (byte Quotient, byte Remainder) DivRem(byte left, byte right) => ((byte)(left / right), (byte)(left % right));

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (short Quotient, short Remainder) DivRem(short left, short right) => ((short)(left / right), (short)(left % right));

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (ushort Quotient, ushort Remainder) DivRem(ushort left, ushort right) => ((ushort)(left / right), (ushort)(left % right));

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (int Quotient, int Remainder) DivRem(int left, int right) => (left / right, left % right);

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (uint Quotient, uint Remainder) DivRem(uint left, uint right) => (left / right, left % right);

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (long Quotient, long Remainder) DivRem(long left, long right) => (left / right, left % right);

    /// <inheritdoc cref="DivRem(sbyte, sbyte)"/>
    public static (ulong Quotient, ulong Remainder) DivRem(ulong left, ulong right) => (left / right, left % right);

    /// <summary>The sine of any angle: in floats where they suffice, in doubles beyond.</summary>
    public static float Sin(float angle) => MathF.Abs(angle) <= NearAngles ? StrictMath.Sin(angle) : (float)StrictMath.Sin((double)angle);

    /// <summary>The cosine of any angle: in floats where they suffice, in doubles beyond.</summary>
    public static float Cos(float angle) => MathF.Abs(angle) <= NearAngles ? StrictMath.Cos(angle) : (float)StrictMath.Cos((double)angle);

    /// <summary>Both.</summary>
    public static (float Sin, float Cos) SinCos(float angle)
    {
        SinCos(angle, out float sin, out float cos);
        return (sin, cos);
    }

    /// <inheritdoc cref="SinCos(float)"/>
    public static (double Sin, double Cos) SinCos(double angle)
    {
        StrictMath.SinCos(angle, out double sin, out double cos);
        return (sin, cos);
    }

    /// <inheritdoc cref="SinCos(float)"/>
    public static void SinCos(float angle, out float sin, out float cos)
    {
        if (MathF.Abs(angle) <= NearAngles)
        {
            sin = StrictMath.Sin(angle);
            cos = StrictMath.Cos(angle);
            return;
        }

        StrictMath.SinCos(angle, out double s, out double c);
        sin = (float)s;
        cos = (float)c;
    }

    /// <summary>No estimate, which would differ between devices: the quotient.</summary>
    public static float ReciprocalEstimate(float value) => 1f / value;

    /// <inheritdoc cref="ReciprocalEstimate(float)"/>
    public static double ReciprocalEstimate(double value) => 1 / value;

    /// <inheritdoc cref="ReciprocalEstimate(float)"/>
    public static float ReciprocalSqrtEstimate(float value) => 1f / MathF.Sqrt(value);

    /// <inheritdoc cref="ReciprocalEstimate(float)"/>
    public static double ReciprocalSqrtEstimate(double value) => 1 / Math.Sqrt(value);
}
