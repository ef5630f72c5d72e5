namespace Dalle2.Gpu.Extensions;

/// <content>Hyperbolic functions and their inverses.</content>
public static partial class StrictMath
{
    /// <summary>The hyperbolic sine; within 1.5 ulp.</summary>
    public static double Sinh(double value)
    {
        double size = Math.Abs(value);
        if (!(size >= 1))
            return SinhSeries(value).Value;
        double half = ExpScaled(new Wide(Within(size, 0, 712), 0), -1);
        return WithSign(half - 0.25 / half, value);
    }

    /// <inheritdoc cref="Sinh(double)"/>
    public static float Sinh(float value) => (float)Sinh((double)value);

    /// <summary>The hyperbolic cosine; within 1 ulp.</summary>
    public static double Cosh(double value)
    {
        double half = ExpScaled(new Wide(Within(Math.Abs(value), 0, 712), 0), -1);
        return half + 0.25 / half;
    }

    /// <inheritdoc cref="Cosh(double)"/>
    public static float Cosh(float value) => (float)Cosh((double)value);

    /// <summary>The hyperbolic tangent; within 1 ulp.</summary>
    public static double Tanh(double value)
    {
        double size = Math.Abs(value);
        if (!(size >= 1))
        {
            Wide sinh = SinhSeries(value);
            return WithSign((sinh / Wide.Sqrt(sinh * sinh + 1)).Value, value);
        }

        // From 22 on it is 1.
        double square = ExpScaled(new Wide(2 * Within(size, 0, 22), 0), 0);
        return WithSign(1 - 2 / (square + 1), value);
    }

    /// <summary>The inverse of the hyperbolic sine; within 0.6 ulp.</summary>
    public static double Asinh(double value)
    {
        double size = Math.Abs(value);
        if (!(size >= 3.7e-9) || size == double.PositiveInfinity)
            return value;
        Wide result = size > 1e150 ? LogWide(size) + Ln2InBoth : LogWide(Wide.Sqrt(Wide.Product(size, size) + 1) + size);
        return WithSign(result.Value, value);
    }

    /// <inheritdoc cref="Asinh(double)"/>
    public static float Asinh(float value) => (float)Asinh((double)value);

    /// <summary>The inverse of the hyperbolic cosine; within 0.6 ulp. Below 1: NaN.</summary>
    public static double Acosh(double value)
    {
        if (!(value >= 1))
            return double.NaN;
        if (value > 1e150)
            return value == double.PositiveInfinity ? value : (LogWide(value) + Ln2InBoth).Value;
        return LogWide(Wide.Sqrt(Wide.Sum(value, -1) * Wide.Sum(value, 1)) + value).Value;
    }

    /// <inheritdoc cref="Acosh(double)"/>
    public static float Acosh(float value) => (float)Acosh((double)value);

    /// <summary>The inverse of the hyperbolic tangent; within 0.6 ulp. Beyond 1: NaN.</summary>
    public static double Atanh(double value)
    {
        double size = Math.Abs(value);
        if (!(size < 1))
            return size == 1 ? value * double.PositiveInfinity : double.NaN;
        return size < 3.7e-9 ? value : WithSign(0.5 * LogWide(Wide.Sum(1, size) / Wide.Sum(1, -size)).Value, value);
    }

    /// <inheritdoc cref="Atanh(double)"/>
    public static float Atanh(float value) => (float)Atanh((double)value);

    // Below 1, where the difference of powers would cancel.
    static Wide SinhSeries(double value)
    {
        double z = value * value;
        double p = Math.FusedMultiplyAdd(8.22063524662433e-18, z, 2.8114572543455206e-15);
        p = Math.FusedMultiplyAdd(p, z, 7.647163731819816e-13);
        p = Math.FusedMultiplyAdd(p, z, 1.6059043836821613e-10);
        p = Math.FusedMultiplyAdd(p, z, 2.505210838544172e-8);
        p = Math.FusedMultiplyAdd(p, z, 2.7557319223985893e-6);
        p = Math.FusedMultiplyAdd(p, z, 0.0001984126984126984);
        p = Math.FusedMultiplyAdd(p, z, 0.008333333333333333);
        p = Math.FusedMultiplyAdd(p, z, 0.16666666666666666);
        return Wide.Ordered(value, value * z * p);
    }
}
