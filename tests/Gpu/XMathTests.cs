using Dalle2.Gpu.Dialect;

namespace Dalle2.Tests.Gpu;

/// <summary>
/// The dialect's functions against System.Math in double precision, over floats of all sizes: their bits are stepped through with a stride
/// that is prime, so that every exponent and all kinds of mantissas come by.
/// </summary>
public class XMathTests
{
    const uint Stride = 997;

    static readonly float[] Edges =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1.17549421e-38f, 1.17549435e-38f, -1.17549435e-38f, 1e-20f, 0.5f, -0.5f, 1f, -1f, MathF.BitDecrement(1f), MathF.BitIncrement(1f),
        0.55f, MathF.BitDecrement(0.55f), 0.92f, MathF.BitDecrement(0.92f), 2f, 9f, 20f, -20f, 87.33654f, -87.33654f, 88.72283f, 88.72284f, 88.7229f, 89f, 90f,
        -103.27892f, -103.27893f, -103.97207f, -103.97208f, -103.9721f, -104f, -105f, 8192f, -8192f, 16777216f, float.MaxValue, float.MinValue,
    ];

    [Test]
    public void Exp_is_within_2_ulp() => Sweep(XMath.Exp, Math.Exp, 2);

    [Test]
    public void Exp_of_what_is_not_finite()
    {
        Assert.That(XMath.Exp(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(XMath.Exp(float.NegativeInfinity), Is.Zero);
        Assert.That(XMath.Exp(float.NaN), Is.NaN);
        Assert.That(XMath.Exp(0f), Is.EqualTo(1f));
    }

    [Test]
    public void Log_is_within_2_ulp() => Sweep(XMath.Log, Math.Log, 2, x => x >= 0);

    [Test]
    public void Log_of_what_has_none()
    {
        Assert.That(XMath.Log(0f), Is.EqualTo(float.NegativeInfinity));
        Assert.That(XMath.Log(-0f), Is.EqualTo(float.NegativeInfinity));
        Assert.That(XMath.Log(-1f), Is.NaN);
        Assert.That(XMath.Log(-float.Epsilon), Is.NaN);
        Assert.That(XMath.Log(float.NegativeInfinity), Is.NaN);
        Assert.That(XMath.Log(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(XMath.Log(float.NaN), Is.NaN);
        Assert.That(XMath.Log(1f), Is.Zero);
    }

    [Test]
    public void Tanh_is_within_3_ulp()
    {
        Sweep(XMath.Tanh, Math.Tanh, 3);
        Assert.That(XMath.Tanh(float.PositiveInfinity), Is.EqualTo(1f));
        Assert.That(XMath.Tanh(float.NegativeInfinity), Is.EqualTo(-1f));
        Assert.That(XMath.Tanh(float.NaN), Is.NaN);
    }

    [Test]
    public void Sin_is_within_its_absolute_error() => SweepAbsolute(XMath.Sin, Math.Sin, 1.5e-7, x => Math.Abs(x) <= 8192);

    [Test]
    public void Cos_is_within_its_absolute_error() => SweepAbsolute(XMath.Cos, Math.Cos, 1.5e-7, x => Math.Abs(x) <= 8192);

    [Test]
    public void Sin_and_cos_hold_over_the_angles_that_are_used()
    {
        // Evenly spaced as well: stepping through bits lands seldom between 1 and 8,192.
        for (int i = -1_000_000; i <= 1_000_000; i++)
        {
            float angle = i * 0.008191f;
            if (Math.Abs(XMath.Sin(angle) - Math.Sin(angle)) > 1.5e-7 || Math.Abs(XMath.Cos(angle) - Math.Cos(angle)) > 1.5e-7)
                Assert.Fail($"at {angle:R}: sin {XMath.Sin(angle):R} for {Math.Sin(angle):R}, cos {XMath.Cos(angle):R} for {Math.Cos(angle):R}");
        }
    }

    [Test]
    public void Roots_are_correctly_rounded()
    {
        Sweep(XMath.Sqrt, Math.Sqrt, 0.5, x => x >= 0);
        Sweep(XMath.Rsqrt, x => 1 / Math.Sqrt(x), 1.5, x => x > 0);
        Assert.That(XMath.Sqrt(-1f), Is.NaN);
        Assert.That(XMath.Rsqrt(0f), Is.EqualTo(float.PositiveInfinity));
    }

    [Test]
    public void Simple_functions_are_exact()
    {
        Sweep(XMath.Abs, Math.Abs, 0);
        Sweep(XMath.Floor, Math.Floor, 0);
        foreach (float x in Edges.Append(float.NaN).Append(float.PositiveInfinity).Append(float.NegativeInfinity))
        {
            Assert.That(XMath.IsNaN(x), Is.EqualTo(float.IsNaN(x)));
            Assert.That(XMath.IsFinite(x), Is.EqualTo(float.IsFinite(x)));
        }

        Assert.That(XMath.Min(1f, 2f), Is.EqualTo(1f));
        Assert.That(XMath.Max(1f, 2f), Is.EqualTo(2f));
        Assert.That(XMath.Min(float.NaN, 2f), Is.EqualTo(2f));
        Assert.That(XMath.Max(2f, float.NaN), Is.NaN);
        float[] constants = [XMath.PI, XMath.E, XMath.Ln2, XMath.Log2E];
        Assert.That(constants, Is.EqualTo(new[] { (float)Math.PI, (float)Math.E, (float)Math.Log(2), (float)(1 / Math.Log(2)) }));
    }

    [Test]
    public void Sigmoid_is_within_3_ulp()
    {
        Sweep(SpecialFunctions.Sigmoid, x => 1 / (1 + Math.Exp(-x)), 3);
        Assert.That(SpecialFunctions.Sigmoid(float.PositiveInfinity), Is.EqualTo(1f));
        Assert.That(SpecialFunctions.Sigmoid(float.NegativeInfinity), Is.Zero);
        Assert.That(SpecialFunctions.Sigmoid(float.NaN), Is.NaN);
    }

    [Test]
    public void Log1p_is_within_3_ulp() => Sweep(SpecialFunctions.Log1p, Log1p, 3, x => x is >= 0 and <= 1);

    [Test]
    public void Softplus_is_within_3_ulp()
    {
        Sweep(SpecialFunctions.Softplus, x => Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x))), 3);
        Assert.That(SpecialFunctions.Softplus(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(SpecialFunctions.Softplus(float.NegativeInfinity), Is.Zero);
        Assert.That(SpecialFunctions.Softplus(float.NaN), Is.NaN);
    }

    [Test]
    public void Erf_is_within_its_absolute_error()
    {
        SweepAbsolute(SpecialFunctions.Erf, Erf, 2e-7, _ => true, 20011);
        Assert.That(SpecialFunctions.Erf(float.PositiveInfinity), Is.EqualTo(1f));
        Assert.That(SpecialFunctions.Erf(float.NegativeInfinity), Is.EqualTo(-1f));
        Assert.That(SpecialFunctions.Erf(float.NaN), Is.NaN);
    }

    static void Sweep(Func<float, float> actual, Func<double, double> expected, double ulps, Func<double, bool>? domain = null)
    {
        double worst = -1;
        float where = 0;
        foreach (float x in Sample(Stride).Where(x => domain == null || domain(x)))
        {
            double error = Ulps(actual(x), expected(x));
            if (!(error <= worst))
                (worst, where) = (error, x);
        }

        Assert.That(worst, Is.InRange(0, ulps), $"at {where:R}: {actual(where):R} for {expected(where):R}");
    }

    static void SweepAbsolute(Func<float, float> actual, Func<double, double> expected, double bound, Func<double, bool> domain, uint stride = Stride)
    {
        double worst = -1;
        float where = 0;
        foreach (float x in Sample(stride).Where(x => domain(x)))
        {
            double error = Math.Abs(actual(x) - expected(x));
            if (!(error <= worst))
                (worst, where) = (error, x);
        }

        Assert.That(worst, Is.InRange(0, bound), $"at {where:R}: {actual(where):R} for {expected(where):R}");
    }

    static IEnumerable<float> Sample(uint stride)
    {
        foreach (float edge in Edges)
            yield return edge;
        for (ulong bits = 0; bits <= uint.MaxValue; bits += stride)
        {
            float x = BitConverter.UInt32BitsToSingle((uint)bits);
            if (float.IsFinite(x))
                yield return x;
        }
    }

    // The error in units of the last place of a float of the expected size; beyond the range of floats, infinity is right.
    static double Ulps(float actual, double expected)
    {
        if (actual == expected || (float.IsInfinity((float)expected) && actual == (float)expected))
            return 0;
        int exponent = Math.Max(Math.ILogB(expected), -126);
        return Math.Abs(actual - expected) / Math.ScaleB(1, Math.Min(exponent, 127) - 23);
    }

    // Kahan's: the rounding of 1 + x cancels in the quotient.
    static double Log1p(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : x * Math.Log(u) / (u - 1);
    }

    // erf(x) = 2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...): every term has the same sign.
    static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
