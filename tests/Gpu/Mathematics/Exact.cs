using System.Numerics;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>Functions of real numbers in fixed point: an integer is so many times 2^-1400, enough below the least double to tell its last bits. Series and Newton's method alone.</summary>
static class Exact
{
    const int Bits = 1400;

    static readonly BigInteger One = BigInteger.One << Bits;

    // Machin's: pi / 4 = 4 atan(1 / 5) - atan(1 / 239), with bits enough for angles up to 2^1024.
    const int MoreBits = Bits + 1100;
    static readonly BigInteger LongPi = 4 * (4 * AtanOfReciprocal(5) - AtanOfReciprocal(239));
    static readonly BigInteger Pi = LongPi >> (MoreBits - Bits);
    static readonly BigInteger Ln2 = LnOfMantissa(One << 1);

    /// <summary>A double, with all its bits.</summary>
    public static BigInteger Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = (bits & 0xFFFFFFFFFFFFF) + (exponent == 0 ? 0 : 1L << 52);
        BigInteger size = mantissa << (Bits - 1075 + Math.Max(exponent, 1));
        return bits < 0 ? -size : size;
    }

    /// <summary>The distance of a double from a number, in units in the last place of a double of the number's size; infinite where only one is beyond the range of doubles.</summary>
    public static double Ulps(double actual, BigInteger exact)
    {
        int exponent = (int)BigInteger.Abs(exact).GetBitLength() - 1 - Bits;
        if (exponent >= 1024 || !double.IsFinite(actual))
        {
            return exponent >= 1024 && actual == (exact.Sign < 0 ? double.NegativeInfinity : double.PositiveInfinity)
                ? 0 : double.PositiveInfinity;
        }

        BigInteger off = BigInteger.Abs(Of(actual) - exact);
        return (double)(off >> (Bits + Math.Max(exponent, -1022) - 52 - 40)) * Math.ScaleB(1, -40);
    }

    public static BigInteger Exp(BigInteger x)
    {
        BigInteger n = Floor(x, Ln2), r = (x - n * Ln2) >> 16, term = One, sum = One;
        if (n < -Bits)
            return 0;
        for (int k = 1; !term.IsZero; k++)
        {
            term = Times(term, r) / k;
            sum += term;
        }

        for (int k = 0; k < 16; k++)
            sum = Times(sum, sum);
        return n < 0 ? sum >> (int)-n : sum << (int)n;
    }

    public static BigInteger Ln(BigInteger x)
    {
        // Of numbers from 1/2 to 1, so that no multiple of ln 2 cancels near 1.
        int exponent = (int)x.GetBitLength() - 1 - Bits;
        exponent = exponent == -1 ? 0 : exponent;
        return exponent * Ln2 + LnOfMantissa(exponent < 0 ? x << -exponent : x >> exponent);
    }

    public static BigInteger Pow(BigInteger x, BigInteger y) => Exp(Times(Ln(x), y));

    public static BigInteger Sin(BigInteger x) => SinOfLong(x << (MoreBits - Bits));

    public static BigInteger Cos(BigInteger x) => SinOfLong((x << (MoreBits - Bits)) + (LongPi >> 1));

    public static BigInteger Tan(BigInteger x) => Over(Sin(x), Cos(x));

    public static BigInteger Atan(BigInteger x)
    {
        // Halved four times: tan(a / 2) = tan a / (1 + sqrt(1 + tan^2 a)).
        BigInteger t = x;
        for (int k = 0; k < 4; k++)
            t = Over(t, One + Sqrt(One + Times(t, t)));
        BigInteger square = Times(t, t), power = t, sum = t;
        for (int k = 3; !power.IsZero && power != -1; k += 2)
        {
            power = -Times(power, square);
            sum += power / k;
        }

        return sum << 4;
    }

    public static BigInteger Atan2(BigInteger y, BigInteger x)
    {
        if (x.IsZero)
            return y.Sign * (Pi >> 1);
        BigInteger angle = Atan(Over(y, x));
        return x.Sign > 0 ? angle : y.Sign < 0 ? angle - Pi : angle + Pi;
    }

    public static BigInteger Asin(BigInteger x) => Atan2(x, Sqrt(One - Times(x, x)));

    public static BigInteger Acos(BigInteger x) => Atan2(Sqrt(One - Times(x, x)), x);

    public static BigInteger Sinh(BigInteger x) => (Exp(x) - Exp(-x)) >> 1;

    public static BigInteger Cosh(BigInteger x) => (Exp(x) + Exp(-x)) >> 1;

    // Far out, it differs from 1 by less than a bit.
    public static BigInteger Tanh(BigInteger x) => BigInteger.Abs(x) > 1000 * One ? x.Sign * One : Over(Sinh(x), Cosh(x));

    public static BigInteger Asinh(BigInteger x) => x.Sign < 0 ? -Asinh(-x) : Ln(x + Sqrt(Times(x, x) + One));

    public static BigInteger Acosh(BigInteger x) => Ln(x + Sqrt(Times(x, x) - One));

    public static BigInteger Atanh(BigInteger x) => Ln(Over(One + x, One - x)) >> 1;

    public static BigInteger Log2(BigInteger x) => Over(Ln(x), Ln2);

    public static BigInteger Log10(BigInteger x) => Over(Ln(x), Ln(10 * One));

    public static BigInteger Exp2(BigInteger x) => Exp(Times(x, Ln2));

    public static BigInteger Cbrt(BigInteger x)
    {
        BigInteger cube = BigInteger.Abs(x) << (2 * Bits), root = BigInteger.One << ((int)cube.GetBitLength() / 3 + 1);
        for (BigInteger next = root; ; root = next)
        {
            next = (2 * root + cube / (root * root)) / 3;
            if (next >= root)
                return x.Sign * root;
        }
    }

    public static BigInteger Over(BigInteger a, BigInteger b) => (a << Bits) / b;

    static BigInteger Times(BigInteger a, BigInteger b) => (a * b) >> Bits;

    static BigInteger Sqrt(BigInteger x)
    {
        BigInteger square = x << Bits;
        if (square.IsZero)
            return 0;
        BigInteger root = BigInteger.One << ((int)square.GetBitLength() / 2 + 1);
        for (BigInteger next = root; ; root = next)
        {
            next = (root + square / root) >> 1;
            if (next >= root)
                return root;
        }
    }

    static BigInteger Floor(BigInteger a, BigInteger b) => BigInteger.DivRem(a, b, out BigInteger rest) - (rest.Sign < 0 ? 1 : 0);

    // ln x = 2 artanh((x - 1) / (x + 1)), for x from 1/2 to 2
    static BigInteger LnOfMantissa(BigInteger x)
    {
        BigInteger s = Over(x - One, x + One), square = Times(s, s), power = s, sum = s;
        for (int k = 3; !power.IsZero && power != -1; k += 2)
        {
            power = Times(power, square);
            sum += power / k;
        }

        return sum << 1;
    }

    static BigInteger SinOfLong(BigInteger x)
    {
        BigInteger turns = Floor(x, LongPi), r = (x - turns * LongPi) >> (MoreBits - Bits);
        BigInteger square = Times(r, r), term = r, sum = r;
        for (int k = 2; !term.IsZero && term != -1; k += 2)
        {
            term = -Times(term, square) / (k * (k + 1));
            sum += term;
        }

        return turns.IsEven ? sum : -sum;
    }

    static BigInteger AtanOfReciprocal(int n)
    {
        BigInteger power = (BigInteger.One << MoreBits) / n, sum = power;
        for (int k = 3; !power.IsZero; k += 2)
        {
            power /= -n * n;
            sum += power / k;
        }

        return sum;
    }
}
