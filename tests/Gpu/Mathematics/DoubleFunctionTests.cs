using System.Numerics;
using Dalle2.Gpu.Extensions;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>Functions of doubles against real numbers in fixed point, and against .NET where zeros, infinities and what is not a number are concerned.</summary>
public class DoubleFunctionTests
{
    const int Count = 60;

    static readonly double[] Special =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2, -2, 2.5, 3, -3, 10, 100, 1000, 1e22, 0.1, 1 / 3.0, double.Epsilon, -double.Epsilon,
        2.2250738585072009e-308, 2.2250738585072014e-308, -1e-310, double.MaxValue, double.MinValue,
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 709.78, 710, -745.1, -746, 1023, 1024, -1074, -1075, 9007199254740993,
        4503599627370497, Math.PI, Math.PI / 2,
    ];

    static readonly object[] Unary =
    [
        Case("Exp", StrictMath.Exp, Exact.Exp, Math.Exp, 0.6, -740, 709, [1, -1, 709.78, -708.4, 0.34657359027997264, 1e-17]),
        Case("Exp2", StrictMath.Exp2, Exact.Exp2, x => Math.Pow(2, x), 0.6, -1070, 1023, [0.5, -0.5, 1023.99, -1022.5]),
        Case("Log", StrictMath.Log, Exact.Ln, Math.Log, 0.51, 0.01, 50,
        [Math.BitDecrement(1), Math.BitIncrement(1), 0.7071067811865475, 0.7071067811865476, 1.4142135623730951, 1e300, 5e-324]),
        Case("Log2", StrictMath.Log2, Exact.Log2, Math.Log2, 0.51, 0.01, 50,
        [Math.BitDecrement(1), Math.BitIncrement(1), 8, 1e300, 5e-324]),
        Case("Log10", StrictMath.Log10, Exact.Log10, Math.Log10, 0.51, 0.01, 50,
        [Math.BitDecrement(1), Math.BitIncrement(1), 1000, 1e22, 5e-324]),
        Case("Cbrt", StrictMath.Cbrt, Exact.Cbrt, Math.Cbrt, 0.51, -1e5, 1e5, [27, -8, 1e300, double.MaxValue, 5e-324]),
        Case("Sin", StrictMath.Sin, Exact.Sin, Math.Sin, 0.8, -100, 100,
        [0.7853981633974483, 0.78539816339744839, 3.1415926535897931, 6381956970095103.0 * Math.ScaleB(1, 797), 1e22, double.MaxValue, 1e16,
        5e-324]),
        Case("Cos", StrictMath.Cos, Exact.Cos, Math.Cos, 0.8, -100, 100,
        [0.7853981633974483, 1.5707963267948966, 6381956970095103.0 * Math.ScaleB(1, 797), 1e22, double.MaxValue, 1e16]),
        Case("Tan", StrictMath.Tan, Exact.Tan, Math.Tan, 0.8, -100, 100,
        [0.7853981633974483, 1.5707963267948966, 6381956970095103.0 * Math.ScaleB(1, 797), 1e22, double.MaxValue, 1e16]),
        Case("Asin", StrictMath.Asin, Exact.Asin, Math.Asin, 0.6, -1, 1, [Math.BitDecrement(1), 1, -1, 0.5, 3.6e-9, 3.8e-9]),
        Case("Acos", StrictMath.Acos, Exact.Acos, Math.Acos, 0.6, -1, 1, [Math.BitDecrement(1), -Math.BitDecrement(1), 0, -1, 0.5]),
        Case("Atan", StrictMath.Atan, Exact.Atan, Math.Atan, 0.6, -20, 20,
        [0.125, 0.375, 0.625, 0.875, 1, Math.BitIncrement(1), 1e300, 5e-324, 3.6e-9, 3.8e-9]),
        Case("Sinh", StrictMath.Sinh, Exact.Sinh, Math.Sinh, 1.5, -20, 20,
        [1, Math.BitDecrement(1), 2.086349903646088, 710.47, -700, 5e-324]),
        Case("Cosh", StrictMath.Cosh, Exact.Cosh, Math.Cosh, 1, -20, 20, [1, -1.2382772775545146, 710.47, -700]),
        Case("Tanh", StrictMath.Tanh, Exact.Tanh, Math.Tanh, 1, -20, 20, [1, Math.BitDecrement(1), 5.5023290795517404e-05, 22, 1e-300]),
        Case("Asinh", StrictMath.Asinh, Exact.Asinh, Math.Asinh, 0.6, -20, 20, [3.6e-9, 3.8e-9, 1e149, 1e151, 1e-300]),
        Case("Acosh", StrictMath.Acosh, Exact.Acosh, Math.Acosh, 0.6, 1, 20, [Math.BitIncrement(1), 1e149, 1e151]),
        Case("Atanh", StrictMath.Atanh, Exact.Atanh, Math.Atanh, 0.6, -1, 1, [Math.BitDecrement(1), 3.6e-9, 3.8e-9, 0.17]),
    ];

    static TestCaseData Case(string name, Func<double, double> actual, Func<BigInteger, BigInteger> exact, Func<double, double> dotnet,
        double bound, double low, double high, double[] places) =>
        new TestCaseData(actual, exact, dotnet, bound, low, high, places).SetArgDisplayNames(name);

    [TestCaseSource(nameof(Unary))]
    public void Is_within_its_bound(Func<double, double> actual, Func<BigInteger, BigInteger> exact, Func<double, double> dotnet,
    double bound, double low, double high, double[] places)
    {
        var random = new Random(7);
        double worst = -1, where = 0;
        foreach (double x in Enumerable.Range(0, Count).SelectMany(_ => Drawn(random, low, high)).Concat(places)
            .Where(x => double.IsFinite(dotnet(x))))
        {
            double error = Exact.Ulps(actual(x), exact(Exact.Of(x)));
            // Where it is denormal, what is left of it is rounded again.
            if (Math.Abs(actual(x)) < 2.2250738585072014e-308)
                error = Math.Max(0, error - 0.5);
            if (!(error <= worst))
                (worst, where) = (error, x);
        }

        Assert.That(worst, Is.InRange(0, bound), $"at {where:R}: {actual(where):R}");
    }

    [TestCaseSource(nameof(Unary))]
    public void Has_the_special_values_of_dotnet(Func<double, double> actual, Func<BigInteger, BigInteger> exact, Func<double,
    double> dotnet, double bound, double low, double high, double[] places)
    {
        foreach (double x in Special)
            Near(actual(x), dotnet(x), $"{x:R}");
    }

    [Test]
    public void Functions_of_two_are_within_their_bounds()
    {
        var random = new Random(8);
        for (int i = 0; i < 4 * Count; i++)
        {
            double x = Drawn(random, -3, 3)[i % 3], y = Drawn(random, -3, 3)[i / 3 % 3], size = Math.Abs(x);
            if (x == 0 || y == 0)
                continue;
            Assert.That(Exact.Ulps(StrictMath.Atan2(y, x), Exact.Atan2(Exact.Of(y), Exact.Of(x))),
                Is.LessThan(1.1).And.LessThan(Math.Abs(y / x) < 1e-300 ? 1.1 : 0.6), $"Atan2({y:R}, {x:R})");
            double exponent = i % 4 == 0 ? random.Next(-30, 30) : 740 / Math.Log(size) * (2 * random.NextDouble() - 1);
            double power = StrictMath.Pow(size, exponent);
            Assert.That(Exact.Ulps(power, Exact.Pow(Exact.Of(size), Exact.Of(exponent))), Is.LessThan(power < 2.3e-308 ? 1.1 : 0.6),
                $"Pow({size:R}, {exponent:R})");
            double logarithm = StrictMath.Log(size, Math.Abs(y));
            Assert.That(Exact.Ulps(logarithm, Exact.Over(Exact.Ln(Exact.Of(size)), Exact.Ln(Exact.Of(Math.Abs(y))))), Is.LessThan(0.51),
                $"Log({size:R}, {Math.Abs(y):R})");
            StrictMath.SinCos(x, out double sin, out double cos);
            Assert.That((sin, cos), Is.EqualTo((StrictMath.Sin(x), StrictMath.Cos(x))));
        }
    }

    [Test]
    public void Functions_of_two_have_the_special_values_of_dotnet()
    {
        foreach (double x in Special)
        {
            foreach (double y in Special)
            {
                Near(StrictMath.Pow(x, y), Math.Pow(x, y), $"Pow({x:R}, {y:R})");
                Near(StrictMath.Atan2(x, y), Math.Atan2(x, y), $"Atan2({x:R}, {y:R})");
                Near(StrictMath.Log(x, y), Math.Log(x, y), $"Log({x:R}, {y:R})");
            }
        }
    }

    [Test]
    public void Powers_and_logarithms_that_are_exact_are_so()
    {
        for (int n = 0; n < 23; n++)
        {
            Assert.That(StrictMath.Log10(double.Parse($"1e{n}")), Is.EqualTo(n));
            Assert.That(StrictMath.Log2(Math.ScaleB(1, n - 11)), Is.EqualTo(n - 11));
            Assert.That(StrictMath.Pow(10.0, n), Is.EqualTo(double.Parse($"1e{n}")));
            Assert.That(StrictMath.Cbrt((double)n * n * n), Is.EqualTo(n));
        }
    }

    // One of any size, one within the range that matters, one near 1.
    static double[] Drawn(Random random, double low, double high) =>
    [
        BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)) is var any && double.IsFinite(any) ? any : 1.25,
        low + (high - low) * random.NextDouble(),
        1 + (random.NextDouble() - 0.5) * Math.ScaleB(1, -random.Next(50)),
    ];

    // Zeros with their signs, infinities and NaN as they are; others differ in the last places.
    static void Near(double actual, double dotnet, string at)
    {
        if (double.IsNaN(dotnet) || !double.IsFinite(dotnet) || dotnet == 0)
        {
            Assert.That(double.IsNaN(actual) ? double.NaN : actual,
                Is.EqualTo(dotnet).And.Matches<double>(a => double.IsNaN(a) || double.IsNegative(a) == double.IsNegative(dotnet)), at);
        }
        else
        {
            Assert.That(Math.Abs(actual - dotnet), Is.LessThanOrEqualTo(4
                * Math.Max(Math.BitIncrement(Math.Abs(dotnet)) - Math.Abs(dotnet), double.Epsilon)), at);
        }
    }
}
