using Dalle2.Gpu.Extensions;
using ILGPU;

namespace Dalle2.Ops;

/// <summary>One of the dialect's functions beside its definition: its error at an argument, in units in the last place (ulp), and how far it may go.</summary>
public abstract class FunctionCase
{
    const int Digits = 23, LeastExponent = -126, GreatestExponent = 127;

    private protected FunctionCase(string name, double bound, float low, float high, float[] places) =>
        (Name, Bound, Low, High, Places) = (name, bound, low, high, places);

    /// <summary>All of one float that promise a bound on their relative error.</summary>
    public static IReadOnlyList<FunctionCase> All { get; } =
    [
        new FunctionCase<Exp>("Exp", 1.06, places: [-5.8516393f, -104f, -103.97208f, -87.33654f, 88.72284f, 89f]),
        new FunctionCase<Log>("Log", 0.86, places: [0.7041804f, 1.17549435e-38f, 0.707106769f, 1f, 1.41421354f]),
        new FunctionCase<Tanh>("Tanh", 1.96, places: [0.51899445f, 0.17328680f, 10f]),
        new FunctionCase<Sin>("Sin", 1.6, -8192f, 8192f, places: [-1533.8938f, 0.785398185f]),
        new FunctionCase<Cos>("Cos", 1.6, -8192f, 8192f, places: [-2.3642228f, 44.7597f]),
        new FunctionCase<Sigmoid>("Sigmoid", 1.75, places: [-1.0990138f, -104f, -87.33654f, 104f]),
        new FunctionCase<Softplus>("Softplus", 1.86, places: [-0.46561632f, 0f, -104f, 104f]),
        new FunctionCase<Log1p>("Log1p", 1.39, 0f, 1f, places: [0.9961983f, 1f]),
        new FunctionCase<Erf>("Erf", 1.75, places: [0.97473544f, 0.92f, 3.95f]),

        // A double's, rounded.
        new FunctionCase<Exp2>("Exp2", 0.51, places: [-149f, -126f, 128f]),
        new FunctionCase<Log2>("Log2", 0.51, places: [1f, 8f]),
        new FunctionCase<Log10>("Log10", 0.51, places: [1f, 1000f]),
        new FunctionCase<Tan>("Tan", 0.51, places: [1.57079637f, 8192f]),
        new FunctionCase<Asin>("Asin", 0.51, places: [1f, -1f, 0.5f]),
        new FunctionCase<Acos>("Acos", 0.51, places: [1f, -1f, 0.5f]),
        new FunctionCase<Atan>("Atan", 0.51, places: [0.125f, 1f]),
        new FunctionCase<Sinh>("Sinh", 0.51, places: [1f, 89.4f]),
        new FunctionCase<Cosh>("Cosh", 0.51, places: [1f, 89.4f]),
        new FunctionCase<Asinh>("Asinh", 0.51, places: [1f]),
        new FunctionCase<Acosh>("Acosh", 0.51, places: [1f]),
        new FunctionCase<Atanh>("Atanh", 0.51, places: [1f, -1f]),
        new FunctionCase<Cbrt>("Cbrt", 0.51, places: [8f, 1.17549435e-38f]),
    ];

    /// <summary>The name in the dialect.</summary>
    public string Name { get; }

    /// <summary>The most ulp that it may be off: what was measured over every float, rounded up.</summary>
    public double Bound { get; }

    /// <summary>Where arguments begin.</summary>
    public float Low { get; }

    /// <summary>Where arguments end.</summary>
    public float High { get; }

    /// <summary>Arguments whose neighborhood needs care: the borders of branches, and where the error is largest.</summary>
    public IReadOnlyList<float> Places { get; }

    /// <summary>The function on the host.</summary>
    public abstract float Value(float x);

    /// <summary>The definition in double precision.</summary>
    public abstract double Definition(double x);

    /// <summary><c>y[i]</c> is the function of the float whose bits are <paramref name="first"/> + i.</summary>
    public abstract void LaunchOverBits(Stream stream, uint first, ArrayView<float> y);

    /// <summary><c>y = f(x)</c>, element by element.</summary>
    public abstract void LaunchOver(Stream stream, ArrayView<float> x, ArrayView<float> y);

    /// <summary>Whether the function promises anything for an argument; of NaN each promises NaN.</summary>
    public bool IsDefined(float x) => float.IsNaN(x) || (x >= Low && x <= High);

    /// <summary>
    /// The distance of a value from the definition, in units of the last place of a float of the definition's size. Infinite where one is NaN and the
    /// other is not; none where a definition beyond the range of floats has become infinity.
    /// </summary>
    public double Error(float x, float value)
    {
        double exact = Definition(x);
        if (value == exact || (double.IsNaN(exact) && float.IsNaN(value)))
            return 0;
        if (float.IsInfinity((float)exact))
            return value == (float)exact ? 0 : double.PositiveInfinity;
        if (!float.IsFinite(value) || double.IsNaN(exact))
            return double.PositiveInfinity;
        // The exponent of a double's bits; the least floats are all equally far apart.
        int exponent = (int)((BitConverter.DoubleToUInt64Bits(exact) >> 52) & 0x7FF) - 1023;
        return Math.Abs(value - exact) * Unit[Math.Clamp(exponent, LeastExponent, GreatestExponent) - LeastExponent];
    }

    static readonly double[] Unit = [.. Enumerable.Range(LeastExponent, GreatestExponent - LeastExponent + 1)
        .Select(exponent => Math.ScaleB(1, Digits - exponent))];

    // Kahan's: the rounding of 1 + x cancels in the quotient.
    static double LogOnePlus(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : x * Math.Log(u) / (u - 1);
    }

    readonly record struct Exp : IFunction
    {
        public float Value(float x) => StrictMath.Exp(x);

        public double Definition(double x) => Math.Exp(x);
    }

    readonly record struct Log : IFunction
    {
        public float Value(float x) => StrictMath.Log(x);

        public double Definition(double x) => Math.Log(x);
    }

    readonly record struct Tanh : IFunction
    {
        public float Value(float x) => StrictMath.Tanh(x);

        public double Definition(double x) => Math.Tanh(x);
    }

    readonly record struct Sin : IFunction
    {
        public float Value(float x) => StrictMath.Sin(x);

        public double Definition(double x) => Math.Sin(x);
    }

    readonly record struct Cos : IFunction
    {
        public float Value(float x) => StrictMath.Cos(x);

        public double Definition(double x) => Math.Cos(x);
    }

    readonly record struct Exp2 : IFunction
    {
        public float Value(float x) => StrictMath.Exp2(x);

        public double Definition(double x) => Math.Pow(2, x);
    }

    readonly record struct Log2 : IFunction
    {
        public float Value(float x) => StrictMath.Log2(x);

        public double Definition(double x) => Math.Log2(x);
    }

    readonly record struct Log10 : IFunction
    {
        public float Value(float x) => StrictMath.Log10(x);

        public double Definition(double x) => Math.Log10(x);
    }

    readonly record struct Tan : IFunction
    {
        public float Value(float x) => StrictMath.Tan(x);

        public double Definition(double x) => Math.Tan(x);
    }

    readonly record struct Asin : IFunction
    {
        public float Value(float x) => StrictMath.Asin(x);

        public double Definition(double x) => Math.Asin(x);
    }

    readonly record struct Acos : IFunction
    {
        public float Value(float x) => StrictMath.Acos(x);

        public double Definition(double x) => Math.Acos(x);
    }

    readonly record struct Atan : IFunction
    {
        public float Value(float x) => StrictMath.Atan(x);

        public double Definition(double x) => Math.Atan(x);
    }

    readonly record struct Sinh : IFunction
    {
        public float Value(float x) => StrictMath.Sinh(x);

        public double Definition(double x) => Math.Sinh(x);
    }

    readonly record struct Cosh : IFunction
    {
        public float Value(float x) => StrictMath.Cosh(x);

        public double Definition(double x) => Math.Cosh(x);
    }

    readonly record struct Asinh : IFunction
    {
        public float Value(float x) => StrictMath.Asinh(x);

        public double Definition(double x) => Math.Asinh(x);
    }

    readonly record struct Acosh : IFunction
    {
        public float Value(float x) => StrictMath.Acosh(x);

        public double Definition(double x) => Math.Acosh(x);
    }

    readonly record struct Atanh : IFunction
    {
        public float Value(float x) => StrictMath.Atanh(x);

        public double Definition(double x) => Math.Atanh(x);
    }

    readonly record struct Cbrt : IFunction
    {
        public float Value(float x) => StrictMath.Cbrt(x);

        public double Definition(double x) => Math.Cbrt(x);
    }

    readonly record struct Sigmoid : IFunction
    {
        public float Value(float x) => SpecialFunctions.Sigmoid(x);

        public double Definition(double x) => 1 / (1 + Math.Exp(-x));
    }

    readonly record struct Softplus : IFunction
    {
        public float Value(float x) => SpecialFunctions.Softplus(x);

        public double Definition(double x) => double.IsNaN(x) ? x : Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));
    }

    readonly record struct Log1p : IFunction
    {
        public float Value(float x) => SpecialFunctions.Log1p(x);

        public double Definition(double x) => LogOnePlus(x);
    }

    readonly record struct Erf : IFunction
    {
        public float Value(float x) => SpecialFunctions.Erf(x);

        // erf(x) = 2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...): every term has the same sign.
        public double Definition(double x)
        {
            if (Math.Abs(x) > 6)
                return Math.Sign(x);
            double term = x, sum = x, square = 2 * x * x;
            for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            {
                term *= square / (2 * n + 1);
                sum += term;
            }

            return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
        }
    }
}

/// <summary>A function of a type of its own, so that its kernels are compiled for it.</summary>
sealed class FunctionCase<T>(string name, double bound, float low = float.NegativeInfinity, float high = float.PositiveInfinity,
    float[]? places = null)
    : FunctionCase(name, bound, low, high, places ?? [])
    where T : unmanaged, IFunction
{
    public override float Value(float x) => default(T).Value(x);

    public override double Definition(double x) => default(T).Definition(x);

    public override void LaunchOverBits(Stream stream, uint first, ArrayView<float> y) =>
        stream.Launch(BitsKernel, y.IntLength, y, (int)first, default(T));

    public override void LaunchOver(Stream stream, ArrayView<float> x, ArrayView<float> y) =>
        stream.Launch(MapKernel, y.IntLength, x, y, default(T));

    // One thread per element, as below.
    static void BitsKernel(Index1D i, ArrayView<float> y, int first, T f) => y[i] = f.Value(Interop.IntAsFloat((uint)(first + i.X)));

    static void MapKernel(Index1D i, ArrayView<float> x, ArrayView<float> y, T f) => y[i] = f.Value(x[i]);
}
