using Dalle2.Gpu.Extensions;
using Dalle2.Ops;

namespace Dalle2.Tests.Gpu;

/// <summary>
/// The dialect's functions against System.Math in double precision, over floats of all sizes: their bits are stepped through with a stride
/// that is prime, so that every exponent and all kinds of mantissas come by.
/// </summary>
public class StrictMathTests
{
    const uint Stride = 997;

    static readonly float[] Edges =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1.17549421e-38f, 1.17549435e-38f, -1.17549435e-38f, 1e-20f, 0.5f, -0.5f, 1f, -1f,
        MathF.BitDecrement(1f), MathF.BitIncrement(1f),
        0.55f, MathF.BitDecrement(0.55f), 0.92f, MathF.BitDecrement(0.92f), 2f, 9f, 20f, -20f, 87.33654f, -87.33654f, 88.72283f, 88.72284f,
        88.7229f, 89f, 90f,
        -103.27892f, -103.27893f, -103.97207f, -103.97208f, -103.9721f, -104f, -105f, 8192f, -8192f, 16777216f, float.MaxValue,
        float.MinValue,
    ];

    static IEnumerable<TestCaseData> Functions => FunctionCase.All.Select(f => new TestCaseData(f).SetArgDisplayNames(f.Name));

    [TestCaseSource(nameof(Functions))]
    public void Functions_are_within_their_bounds(FunctionCase function)
    {
        const int Neighbors = 64;
        IEnumerable<float> near = function.Places.SelectMany(place => Enumerable.Range(-Neighbors, 2 * Neighbors + 1)
            .Select(i => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(place) + i)));
        double worst = -1;
        float where = 0;
        foreach (float x in Sample(Stride).Concat(near).Append(float.NaN).Append(float.PositiveInfinity).Append(float.NegativeInfinity)
            .Where(function.IsDefined))
        {
            double error = function.Error(x, function.Value(x));
            if (!(error <= worst))
                (worst, where) = (error, x);
        }

        Assert.That(worst, Is.InRange(0, function.Bound), $"at {where:R}: {function.Value(where):R} for {function.Definition(where):R}");
    }

    [Test]
    public void Errors_are_in_units_in_the_last_place()
    {
        FunctionCase exp = FunctionCase.All.First(f => f.Name == "Exp");
        Assert.That(exp.Error(0f, 1f), Is.Zero);
        Assert.That(exp.Error(0f, MathF.BitIncrement(1f)), Is.EqualTo(1));
        Assert.That(exp.Error(0f, MathF.BitDecrement(1f)), Is.EqualTo(0.5));
        Assert.That(exp.Error(-1000f, float.Epsilon), Is.EqualTo(1));
        Assert.That(exp.Error(1000f, float.PositiveInfinity), Is.Zero);
        Assert.That(exp.Error(1000f, float.MaxValue), Is.EqualTo(double.PositiveInfinity));
        Assert.That(exp.Error(0f, float.NaN), Is.EqualTo(double.PositiveInfinity));
        Assert.That(exp.Error(float.NaN, float.NaN), Is.Zero);
        Assert.That(exp.Error(float.NaN, 1f), Is.EqualTo(double.PositiveInfinity));
    }

    [Test]
    public void Exp_of_what_is_not_finite()
    {
        Assert.That(StrictMath.Exp(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(StrictMath.Exp(float.NegativeInfinity), Is.Zero);
        Assert.That(StrictMath.Exp(float.NaN), Is.NaN);
        Assert.That(StrictMath.Exp(0f), Is.EqualTo(1f));
    }

    [Test]
    public void Log_of_what_has_none()
    {
        Assert.That(StrictMath.Log(0f), Is.EqualTo(float.NegativeInfinity));
        Assert.That(StrictMath.Log(-0f), Is.EqualTo(float.NegativeInfinity));
        Assert.That(StrictMath.Log(-1f), Is.NaN);
        Assert.That(StrictMath.Log(-float.Epsilon), Is.NaN);
        Assert.That(StrictMath.Log(float.NegativeInfinity), Is.NaN);
        Assert.That(StrictMath.Log(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(StrictMath.Log(float.NaN), Is.NaN);
        Assert.That(StrictMath.Log(1f), Is.Zero);
    }

    [Test]
    public void Tanh_of_what_is_not_finite_and_of_zero()
    {
        Assert.That(BitConverter.SingleToInt32Bits(StrictMath.Tanh(-0f)), Is.EqualTo(BitConverter.SingleToInt32Bits(-0f)));
        Assert.That(StrictMath.Tanh(float.PositiveInfinity), Is.EqualTo(1f));
        Assert.That(StrictMath.Tanh(float.NegativeInfinity), Is.EqualTo(-1f));
        Assert.That(StrictMath.Tanh(float.NaN), Is.NaN);
    }

    [Test]
    public void Sin_is_within_its_absolute_error() => SweepAbsolute(StrictMath.Sin, Math.Sin, 1.5e-7, x => Math.Abs(x) <= 8192);

    [Test]
    public void Cos_is_within_its_absolute_error() => SweepAbsolute(StrictMath.Cos, Math.Cos, 1.5e-7, x => Math.Abs(x) <= 8192);

    [Test]
    public void Sin_and_cos_hold_over_the_angles_that_are_used()
    {
        // Evenly spaced as well: stepping through bits lands seldom between 1 and 8,192.
        for (int i = -1_000_000; i <= 1_000_000; i++)
        {
            float angle = i * 0.008191f;
            if (Math.Abs(StrictMath.Sin(angle) - Math.Sin(angle)) > 1.5e-7 || Math.Abs(StrictMath.Cos(angle) - Math.Cos(angle)) > 1.5e-7)
            {
                Assert.Fail($"at {angle:R}: sin {StrictMath.Sin(angle):R} for {Math.Sin(angle):R}, cos {StrictMath.Cos(angle):R} for "
                    + $"{Math.Cos(angle):R}");
            }
        }
    }

    [Test]
    public void Roots_are_correctly_rounded()
    {
        Sweep(StrictMath.Sqrt, Math.Sqrt, 0.5, x => x >= 0);
        Sweep(StrictMath.Rsqrt, x => 1 / Math.Sqrt(x), 1.5, x => x > 0);
        Assert.That(StrictMath.Sqrt(-1f), Is.NaN);
        Assert.That(StrictMath.Rsqrt(0f), Is.EqualTo(float.PositiveInfinity));
    }

    [Test]
    public void Simple_functions_are_exact()
    {
        Sweep(StrictMath.Abs, Math.Abs, 0);
        Sweep(StrictMath.Floor, Math.Floor, 0);
        foreach (float x in Edges.Append(float.NaN).Append(float.PositiveInfinity).Append(float.NegativeInfinity))
        {
            Assert.That(StrictMath.IsNaN(x), Is.EqualTo(float.IsNaN(x)));
            Assert.That(StrictMath.IsFinite(x), Is.EqualTo(float.IsFinite(x)));
        }

        Assert.That(StrictMath.Min(1f, 2f), Is.EqualTo(1f));
        Assert.That(StrictMath.Max(1f, 2f), Is.EqualTo(2f));
        Assert.That(StrictMath.Min(float.NaN, 2f), Is.EqualTo(2f));
        Assert.That(StrictMath.Max(2f, float.NaN), Is.NaN);
        float[] constants = [StrictMath.PI, StrictMath.E, StrictMath.Ln2, StrictMath.Log2E];
        Assert.That(constants, Is.EqualTo(new[] { (float)Math.PI, (float)Math.E, (float)Math.Log(2), (float)(1 / Math.Log(2)) }));
    }

    [Test]
    public void Sigmoid_of_what_is_not_finite()
    {
        Assert.That(SpecialFunctions.Sigmoid(float.PositiveInfinity), Is.EqualTo(1f));
        Assert.That(SpecialFunctions.Sigmoid(float.NegativeInfinity), Is.Zero);
        Assert.That(SpecialFunctions.Sigmoid(float.NaN), Is.NaN);
    }

    [Test]
    public void Softplus_of_what_is_not_finite()
    {
        Assert.That(SpecialFunctions.Softplus(float.PositiveInfinity), Is.EqualTo(float.PositiveInfinity));
        Assert.That(SpecialFunctions.Softplus(float.NegativeInfinity), Is.Zero);
        Assert.That(SpecialFunctions.Softplus(float.NaN), Is.NaN);
    }

    [Test]
    public void Erf_of_what_is_not_finite_and_of_zero()
    {
        Assert.That(BitConverter.SingleToInt32Bits(SpecialFunctions.Erf(-0f)), Is.EqualTo(BitConverter.SingleToInt32Bits(-0f)));
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

    static void SweepAbsolute(Func<float, float> actual, Func<double, double> expected, double bound, Func<double, bool> domain)
    {
        double worst = -1;
        float where = 0;
        foreach (float x in Sample(Stride).Where(x => domain(x)))
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
}
