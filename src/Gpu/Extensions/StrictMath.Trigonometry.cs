namespace Dalle2.Gpu.Extensions;

/// <content>Trigonometric functions of doubles, of any size, and their inverses, and those of floats that are a double's rounded.</content>
public static partial class StrictMath
{
    const double QuarterOfPi = 0.7853981633974483;

    static Wide HalfOfPi => new(1.5707963267948966, 6.123233995736766e-17);

    static Wide WholePi => new(3.141592653589793, 1.2246467991473532e-16);

    /// <summary>The sine of any angle in radians; within 0.8 ulp.</summary>
    public static double Sin(double angle)
    {
        Wide r = ReduceQuarter(Math.Abs(angle), out int quadrant);
        double size = (quadrant & 1) == 0 ? SinQuarter(r).Value : CosQuarter(r).Value;
        // Zero keeps its sign.
        return angle == 0 ? angle : (quadrant & 2) == 0 == angle > 0 ? size : -size;
    }

    /// <summary>The cosine of any angle in radians; within 0.8 ulp.</summary>
    public static double Cos(double angle)
    {
        Wide r = ReduceQuarter(Math.Abs(angle), out int quadrant);
        double size = (quadrant & 1) == 0 ? CosQuarter(r).Value : SinQuarter(r).Value;
        return ((quadrant + 1) & 2) == 0 ? size : -size;
    }

    /// <summary>Sine and cosine of any angle in radians; each within 0.8 ulp.</summary>
    public static void SinCos(double angle, out double sin, out double cos)
    {
        Wide r = ReduceQuarter(Math.Abs(angle), out int quadrant);
        double s = SinQuarter(r).Value, c = CosQuarter(r).Value;
        double sine = (quadrant & 1) == 0 ? s : c, cosine = (quadrant & 1) == 0 ? c : s;
        sin = angle == 0 ? angle : (quadrant & 2) == 0 == angle > 0 ? sine : -sine;
        cos = ((quadrant + 1) & 2) == 0 ? cosine : -cosine;
    }

    /// <summary>The tangent of any angle in radians; within 0.8 ulp.</summary>
    public static double Tan(double angle)
    {
        Wide r = ReduceQuarter(Math.Abs(angle), out int quadrant);
        Wide s = SinQuarter(r), c = CosQuarter(r);
        double size = (quadrant & 1) == 0 ? (s / c).Value : (-c / s).Value;
        return angle == 0 ? angle : angle > 0 ? size : -size;
    }

    /// <inheritdoc cref="Tan(double)"/>
    public static float Tan(float angle) => (float)Tan((double)angle);

    /// <summary>The angle in radians, from -pi/2 to pi/2, with this sine; within 0.6 ulp. Beyond 1: NaN.</summary>
    public static double Asin(double value)
    {
        double size = Math.Abs(value);
        if (!(size <= 1))
            return double.NaN;
        return size < 3.7e-9 ? value : WithSign(ArcTangent(new Wide(size, 0), OtherSide(value)).Value, value);
    }

    /// <inheritdoc cref="Asin(double)"/>
    public static float Asin(float value) => (float)Asin((double)value);

    /// <summary>The angle in radians, from 0 to pi, with this cosine; within 0.6 ulp. Beyond 1: NaN.</summary>
    public static double Acos(double value)
    {
        double size = Math.Abs(value);
        if (!(size <= 1))
            return double.NaN;
        Wide angle = ArcTangent(OtherSide(value), new Wide(size, 0));
        return value < 0 ? (WholePi - angle).Value : angle.Value;
    }

    /// <inheritdoc cref="Acos(double)"/>
    public static float Acos(float value) => (float)Acos((double)value);

    /// <summary>The angle in radians, from -pi/2 to pi/2, with this tangent; within 0.6 ulp.</summary>
    public static double Atan(double value) => Atan2(value, 1);

    /// <inheritdoc cref="Atan(double)"/>
    public static float Atan(float value) => (float)Atan((double)value);

    /// <summary>The angle in radians, from -pi to pi, of a point; within 0.6 ulp, 1 where the result is denormal. Zeros and infinities are those of <see cref="Math.Atan2"/>.</summary>
    public static double Atan2(double y, double x)
    {
        if (double.IsNaN(x) || double.IsNaN(y))
            return x + y;
        const double Infinity = double.PositiveInfinity;
        double height = Math.Abs(y), width = Math.Abs(x);
        bool isFar = height == Infinity || width == Infinity;
        // Corners become points in the same direction.
        height = isFar ? (height == Infinity ? 1 : 0) : height;
        width = isFar ? (width == Infinity ? 1 : 0) : height == 0 ? 1 : width;
        bool isLeft = (Interop.FloatAsInt(x) >> 63) != 0;
        double slope = height / width;
        if (!isLeft && slope < 3.7e-9)
            return WithSign(slope, y);
        double size = height > width ? height : width;
        double scale = size > 1e150 ? PowerOfTwo(-600) : size < 1e-150 ? PowerOfTwo(600) : 1;
        Wide angle = ArcTangent(new Wide(height * scale, 0), new Wide(width * scale, 0));
        return WithSign(isLeft ? (WholePi - angle).Value : angle.Value, y);
    }

    /// <inheritdoc cref="Atan2(double, double)"/>
    public static float Atan2(float y, float x) => (float)Atan2((double)y, x);

    // sqrt(1 - x^2)
    static Wide OtherSide(double x)
    {
        Wide square = Wide.Product(x, x);
        return Wide.Sqrt(Wide.Sum(1, -square.High) + -square.Low);
    }

    // The angle of a point of the first quadrant, not the origin: from the nearest of the angles with the tangents 0, 1/4, 1/2, 3/4, 1 on, of the point or of its reflection.
    static Wide ArcTangent(Wide y, Wide x)
    {
        bool isSteep = y.High > x.High;
        Wide n = isSteep ? x : y, d = isSteep ? y : x;
        double c = Math.Floor(4 * (n.High / d.High) + 0.5) * 0.25;
        Wide t = (n - d * c) / (d + n * c);
        double z = t.High * t.High;
        double p = Math.FusedMultiplyAdd(-0.05263157894736842, z, 0.058823529411764705);
        p = Math.FusedMultiplyAdd(p, z, -0.06666666666666667);
        p = Math.FusedMultiplyAdd(p, z, 0.07692307692307693);
        p = Math.FusedMultiplyAdd(p, z, -0.09090909090909091);
        p = Math.FusedMultiplyAdd(p, z, 0.1111111111111111);
        p = Math.FusedMultiplyAdd(p, z, -0.14285714285714285);
        p = Math.FusedMultiplyAdd(p, z, 0.2);
        p = Math.FusedMultiplyAdd(p, z, -0.3333333333333333);
        Wide near = c == 0 ? new Wide(0, 0) : c == 0.25 ? new Wide(0.24497866312686414, 1.0698755618734451e-17) : c == 0.5
            ? new Wide(0.4636476090008061, 2.2698777452961687e-17)
            : c == 0.75 ? new Wide(0.6435011087932844, 1.5834785051444286e-17) : new Wide(0.7853981633974483, 3.061616997868383e-17);
        Wide angle = near + new Wide(t.High, Math.FusedMultiplyAdd(t.High * z, p, t.Low));
        return isSteep ? HalfOfPi - angle : angle;
    }

    static Wide SinQuarter(Wide r)
    {
        double z = r.High * r.High;
        double p = Math.FusedMultiplyAdd(2.8114572543455206e-15, z, -7.647163731819816e-13);
        p = Math.FusedMultiplyAdd(p, z, 1.6059043836821613e-10);
        p = Math.FusedMultiplyAdd(p, z, -2.505210838544172e-8);
        p = Math.FusedMultiplyAdd(p, z, 2.7557319223985893e-6);
        p = Math.FusedMultiplyAdd(p, z, -0.0001984126984126984);
        p = Math.FusedMultiplyAdd(p, z, 0.008333333333333333);
        p = Math.FusedMultiplyAdd(p, z, -0.16666666666666666);
        return Wide.Ordered(r.High, Math.FusedMultiplyAdd(r.High * z, p, r.Low * Math.FusedMultiplyAdd(-0.5, z, 1)));
    }

    static Wide CosQuarter(Wide r)
    {
        Wide square = Wide.Product(r.High, r.High);
        double z = square.High;
        double p = Math.FusedMultiplyAdd(-1.5619206968586225e-16, z, 4.779477332387385e-14);
        p = Math.FusedMultiplyAdd(p, z, -1.1470745597729725e-11);
        p = Math.FusedMultiplyAdd(p, z, 2.08767569878681e-9);
        p = Math.FusedMultiplyAdd(p, z, -2.755731922398589e-7);
        p = Math.FusedMultiplyAdd(p, z, 2.48015873015873e-5);
        p = Math.FusedMultiplyAdd(p, z, -0.001388888888888889);
        p = Math.FusedMultiplyAdd(p, z, 0.041666666666666664);
        Wide first = Wide.Ordered(1, -0.5 * z);
        return Wide.Ordered(first.High, first.Low - 0.5 * square.Low + Math.FusedMultiplyAdd(z * z, p, -r.High * r.Low));
    }

    // A positive angle's distance from the nearest multiple of pi / 2, and which one, modulo 4. The angle is m 2^e. Of 2 / pi only bits count whose product with it is below 4 and
    // above what is too small: 192 of them (Payne and Hanek, 1983).
    static Wide ReduceQuarter(double angle, out int quadrant)
    {
        quadrant = 0;
        if (angle <= QuarterOfPi)
            return new Wide(angle, 0);
        if (!(angle < double.PositiveInfinity))
            return new Wide(double.NaN, 0);
        ulong bits = Interop.FloatAsInt(angle), m = (bits & 0x000FFFFFFFFFFFFF) | 0x0010000000000000;
        int first = (int)(bits >> 52) - 1075 - 2, word = first >> 6, shift = first & 63;
        ulong a = 0, b = 0, c = 0, d = 0;
        // Not four calls: each becomes all of the words in the kernel.
        for (int next = word; next < word + 4; next++)
            (a, b, c, d) = (b, c, d, TwoOverPi(next));
        a = Joined(a, b, shift);
        b = Joined(b, c, shift);
        c = Joined(c, d, shift);
        // m (a : b : c), modulo 2^192
        ulong low = m * c, middle = m * b, carried = middle + HighProduct(m, c);
        ulong high = m * a + HighProduct(m, b) + (carried < middle ? 1ul : 0ul);
        // Two bits are the multiple; the rest is a fraction, taken as negative from a half on.
        ulong fraction = Joined(high, carried, 2), rest = Joined(carried, low, 2);
        bool isAbove = (fraction >> 63) != 0;
        quadrant = ((int)(high >> 62) + (isAbove ? 1 : 0)) & 3;
        ulong f = isAbove ? ~fraction : fraction, g = isAbove ? ~rest : rest;
        Wide upper = Wide.Sum((uint)(f >> 32) * 2.3283064365386963e-10, (uint)f * 5.421010862427522e-20);
        Wide sum = Wide.Sum(upper.High, (uint)(g >> 32) * 1.262177448353619e-29);
        sum = Wide.Ordered(sum.High, sum.Low + upper.Low + (uint)g * 2.938735877055719e-39);
        Wide r = sum * HalfOfPi;
        return isAbove ? -r : r;
    }

    // 64 bits that begin some way into the first word.
    static ulong Joined(ulong first, ulong second, int shift) => shift == 0 ? first : (first << shift) | (second >> (64 - shift));

    // The upper half of a product of 128 bits.
    internal static ulong HighProduct(ulong a, ulong b)
    {
        ulong aLow = (uint)a, aHigh = a >> 32, bLow = (uint)b, bHigh = b >> 32;
        ulong middle = aHigh * bLow + ((aLow * bLow) >> 32), other = aLow * bHigh + (uint)middle;
        return aHigh * bHigh + (middle >> 32) + (other >> 32);
    }

    // The bits of 2 / pi behind the point, in words.
    static ulong TwoOverPi(int word) => word switch
    {
        0 => 0xA2F9836E4E441529,
        1 => 0xFC2757D1F534DDC0,
        2 => 0xDB6295993C439041,
        3 => 0xFE5163ABDEBBC561,
        4 => 0xB7246E3A424DD2E0,
        5 => 0x06492EEA09D1921C,
        6 => 0xFE1DEB1CB129A73E,
        7 => 0xE88235F52EBB4484,
        8 => 0xE99C7026B45F7E41,
        9 => 0x3991D639835339F4,
        10 => 0x9C845F8BBDF9283B,
        11 => 0x1FF897FFDE05980F,
        12 => 0xEF2F118B5A0A6D1F,
        13 => 0x6D367ECF27CB09B7,
        14 => 0x4F463F669E5FEA2D,
        15 => 0x7527BAC7EBE5F17B,
        16 => 0x3D0739F78A5292EA,
        17 => 0x6BFB5FB11F8D5D08,
        18 => 0x56033046FC7B6BAB,
        _ => 0,
    };
}
