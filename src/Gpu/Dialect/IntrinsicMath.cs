namespace Dalle2.Gpu.Dialect;

/// <summary>Integer and floating-point operations that every target has as an instruction or two.</summary>
public static class IntrinsicMath
{
    /// <summary>The absolute value.</summary>
    public static float Abs(float value) => MathF.Abs(value);

    /// <summary>The smaller of two integers.</summary>
    public static int Min(int first, int second) => first < second ? first : second;

    /// <summary>The larger of two integers.</summary>
    public static int Max(int first, int second) => first > second ? first : second;

    /// <summary>The smaller of two floats; the second if either is not a number.</summary>
    public static float Min(float first, float second) => first < second ? first : second;

    /// <summary>The larger of two floats; the second if either is not a number.</summary>
    public static float Max(float first, float second) => first > second ? first : second;

    /// <summary>The value held within [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public static int Clamp(int value, int min, int max) => Max(Min(value, max), min);

    /// <inheritdoc cref="Clamp(int, int, int)"/>
    public static float Clamp(float value, float min, float max) => Max(Min(value, max), min);

    /// <summary>The quotient of two positive integers, rounded up.</summary>
    public static int DivRoundUp(int numerator, int denominator) => (numerator + denominator - 1) / denominator;
}
