using Dalle2.Gpu.Extensions;

namespace Dalle2.Gpu.Frontend.Meanings;

/// <summary>What static members of <see cref="float"/> and <see cref="double"/> mean that <see cref="Math"/> has no name for.</summary>
static class FloatMeaning
{
    /// <summary>True for both infinities.</summary>
    public static bool IsInfinity(float value) => MathF.Abs(value) == float.PositiveInfinity;

    /// <summary>True for what is neither infinite nor NaN.</summary>
    public static bool IsFinite(float value) => MathF.Abs(value) < float.PositiveInfinity;

    /// <summary>True for what has the sign, -0 and such a NaN too.</summary>
    public static bool IsNegative(float value) => Interop.FloatAsInt(value) >> 31 != 0;

    /// <summary>True for what has not the sign.</summary>
    public static bool IsPositive(float value) => Interop.FloatAsInt(value) >> 31 == 0;

    /// <summary>True for infinity.</summary>
    public static bool IsPositiveInfinity(float value) => value == float.PositiveInfinity;

    /// <summary>True for minus infinity.</summary>
    public static bool IsNegativeInfinity(float value) => value == float.NegativeInfinity;

    /// <summary>True for all but NaN.</summary>
    public static bool IsRealNumber(float value) => !float.IsNaN(value);

    /// <summary>True for finite numbers of full precision, so not for zero.</summary>
    public static bool IsNormal(float value) => MathF.Abs(value) >= 1.17549435e-38f && MathF.Abs(value) < float.PositiveInfinity;

    /// <summary>True for what lies between zero and the least number of full precision.</summary>
    public static bool IsSubnormal(float value) => value != 0 && MathF.Abs(value) < 1.17549435e-38f;

    /// <summary>True for integers.</summary>
    public static bool IsInteger(float value) => MathF.Abs(value) < float.PositiveInfinity && MathF.Floor(value) == value;

    /// <summary>True for multiples of two.</summary>
    public static bool IsEvenInteger(float value) => MathF.Abs(value) < float.PositiveInfinity && MathF.Floor(0.5f * value) * 2 == value;

    /// <summary>True for integers that are no multiples of two.</summary>
    public static bool IsOddInteger(float value) =>
        MathF.Abs(value) < float.PositiveInfinity && MathF.Floor(value) == value && MathF.Floor(0.5f * value) * 2 != value;

    /// <summary>The larger one; the other if one is NaN.</summary>
    public static float MaxNumber(float x, float y) => float.IsNaN(x) ? y : float.IsNaN(y) ? x : IntrinsicMath.Max(x, y);

    /// <summary>The smaller one; the other if one is NaN.</summary>
    public static float MinNumber(float x, float y) => float.IsNaN(x) ? y : float.IsNaN(y) ? x : IntrinsicMath.Min(x, y);

    /// <summary>As <see cref="MathF.IEEERemainder"/>.</summary>
    public static float Ieee754Remainder(float left, float right) => StrictMath.IEEERemainder(left, right);

    /// <summary>An angle in radians.</summary>
    public static float DegreesToRadians(float degrees) => degrees * 3.14159274f / 180f;

    /// <summary>An angle in degrees.</summary>
    public static float RadiansToDegrees(float radians) => radians * 180f / 3.14159274f;

    /// <inheritdoc cref="IsInfinity(float)"/>
    public static bool IsInfinity(double value) => Math.Abs(value) == double.PositiveInfinity;

    /// <inheritdoc cref="IsFinite(float)"/>
    public static bool IsFinite(double value) => Math.Abs(value) < double.PositiveInfinity;

    /// <inheritdoc cref="IsNegative(float)"/>
    public static bool IsNegative(double value) => Interop.FloatAsInt(value) >> 63 != 0;

    /// <inheritdoc cref="IsPositive(float)"/>
    public static bool IsPositive(double value) => Interop.FloatAsInt(value) >> 63 == 0;

    /// <inheritdoc cref="IsPositiveInfinity(float)"/>
    public static bool IsPositiveInfinity(double value) => value == double.PositiveInfinity;

    /// <inheritdoc cref="IsNegativeInfinity(float)"/>
    public static bool IsNegativeInfinity(double value) => value == double.NegativeInfinity;

    /// <inheritdoc cref="IsRealNumber(float)"/>
    public static bool IsRealNumber(double value) => !double.IsNaN(value);

    /// <inheritdoc cref="IsNormal(float)"/>
    public static bool IsNormal(double value) => Math.Abs(value) >= 2.2250738585072014e-308 && Math.Abs(value) < double.PositiveInfinity;

    /// <inheritdoc cref="IsSubnormal(float)"/>
    public static bool IsSubnormal(double value) => value != 0 && Math.Abs(value) < 2.2250738585072014e-308;

    /// <inheritdoc cref="IsInteger(float)"/>
    public static bool IsInteger(double value) => Math.Abs(value) < double.PositiveInfinity && Math.Floor(value) == value;

    /// <inheritdoc cref="IsEvenInteger(float)"/>
    public static bool IsEvenInteger(double value) => Math.Abs(value) < double.PositiveInfinity && Math.Floor(0.5 * value) * 2 == value;

    /// <inheritdoc cref="IsOddInteger(float)"/>
    public static bool IsOddInteger(double value) =>
        Math.Abs(value) < double.PositiveInfinity && Math.Floor(value) == value && Math.Floor(0.5 * value) * 2 != value;

    /// <inheritdoc cref="MaxNumber(float, float)"/>
    public static double MaxNumber(double x, double y) => double.IsNaN(x) ? y : double.IsNaN(y) ? x : IntrinsicMath.Max(x, y);

    /// <inheritdoc cref="MinNumber(float, float)"/>
    public static double MinNumber(double x, double y) => double.IsNaN(x) ? y : double.IsNaN(y) ? x : IntrinsicMath.Min(x, y);

    /// <inheritdoc cref="Ieee754Remainder(float, float)"/>
    public static double Ieee754Remainder(double left, double right) => StrictMath.IEEERemainder(left, right);

    /// <inheritdoc cref="DegreesToRadians(float)"/>
    public static double DegreesToRadians(double degrees) => degrees * 3.141592653589793 / 180;

    /// <inheritdoc cref="RadiansToDegrees(float)"/>
    public static double RadiansToDegrees(double radians) => radians * 180 / 3.141592653589793;
}
