#pragma warning disable CA2225 // Kernels say these with operators.
namespace Dalle2.Gpu.Extensions;

/// <summary>
/// The sum of two doubles, of which the second is at most half a unit in the last place of the first: some 106 bits. What a function needs before it rounds once.
/// Fused multiply-adds give the rest of a product, differences that of a sum (Dekker, 1971).
/// </summary>
readonly struct Wide(double high, double low)
{
    /// <summary>The nearest double.</summary>
    public readonly double High = high;

    /// <summary>What it lacks.</summary>
    public readonly double Low = low;

    /// <summary>Both in one, rounded.</summary>
    public double Value => High + Low;

    /// <summary>A sum, exact.</summary>
    public static Wide Sum(double a, double b)
    {
        double sum = a + b, second = sum - a;
        return new Wide(sum, a - (sum - second) + (b - second));
    }

    /// <summary>A sum whose first part is the larger one, exact.</summary>
    public static Wide Ordered(double large, double small)
    {
        double sum = large + small;
        return new Wide(sum, small - (sum - large));
    }

    /// <summary>A product, exact but for what is below the range of doubles.</summary>
    public static Wide Product(double a, double b)
    {
        double product = a * b;
        return new Wide(product, Math.FusedMultiplyAdd(a, b, -product));
    }

    /// <summary>The square root; of zero, zero.</summary>
    public static Wide Sqrt(Wide value)
    {
        double root = Math.Sqrt(value.High);
        double rest = Math.FusedMultiplyAdd(-root, root, value.High) + value.Low;
        return Ordered(root, root == 0 ? 0 : rest / (2 * root));
    }

    public static Wide operator -(Wide value) => new(-value.High, -value.Low);

    public static Wide operator +(Wide a, Wide b)
    {
        Wide sum = Sum(a.High, b.High);
        return Ordered(sum.High, sum.Low + (a.Low + b.Low));
    }

    public static Wide operator +(Wide a, double b)
    {
        Wide sum = Sum(a.High, b);
        return Ordered(sum.High, sum.Low + a.Low);
    }

    public static Wide operator -(Wide a, Wide b) => a + -b;

    public static Wide operator *(Wide a, Wide b)
    {
        Wide product = Product(a.High, b.High);
        return Ordered(product.High, product.Low + Math.FusedMultiplyAdd(a.High, b.Low, a.Low * b.High));
    }

    public static Wide operator *(Wide a, double b)
    {
        Wide product = Product(a.High, b);
        return Ordered(product.High, Math.FusedMultiplyAdd(a.Low, b, product.Low));
    }

    public static Wide operator /(Wide a, Wide b)
    {
        double quotient = a.High / b.High;
        double rest = Math.FusedMultiplyAdd(-quotient, b.High, a.High) + Math.FusedMultiplyAdd(-quotient, b.Low, a.Low);
        return Ordered(quotient, rest / b.High);
    }
}
