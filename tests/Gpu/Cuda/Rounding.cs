using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>Rounding to the numbers of matrix units, in double, and what it costs.</summary>
static class Rounding
{
    static readonly Func<double, double> toTf32 = value => Round(Precision.Tf32, value);
    static readonly Func<double, double> toBf16 = value => Round(Precision.Bf16, value);

    /// <summary>The nearest number with so many bits of mantissa as the precision has. Only for what no float is too small for.</summary>
    public static double Round(Precision precision, double value)
    {
        if (value == 0)
            return value;
        bool isTensorFloat = precision == Precision.Tf32;
        double step = Math.ScaleB(1.0, Math.ILogB(value) - (isTensorFloat ? 10 : 7));
        return Math.Round(value / step, isTensorFloat ? MidpointRounding.AwayFromZero : MidpointRounding.ToEven) * step;
    }

    /// <summary>The same, as one object for each precision.</summary>
    public static Func<double, double> To(Precision precision) => precision == Precision.Tf32 ? toTf32 : toBf16;

    /// <summary>The most that a product may be off, as a share of the sum of its terms' magnitudes: each factor by half a unit in its last place.</summary>
    public static double Bound(Precision precision) =>
        precision == Precision.Tf32 ? Math.Pow(1 + Math.ScaleB(1, -11), 2) - 1 : Math.Pow(1 + Math.ScaleB(1, -8), 2) - 1;

    /// <summary>The same of a sum of so many terms in floats.</summary>
    public static double SumBound(int terms) => (terms + 1) * Math.ScaleB(1, -24);
}
