using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>Rounding to the numbers of matrix units, in double, and what it costs.</summary>
static class Rounding
{
    /// <summary>The nearest number with so many bits of mantissa as the precision has. Only for what no float is too small for.</summary>
    public static double Round(Precision precision, double value)
    {
        if (value == 0)
            return value;
        bool isTensorFloat = precision == Precision.Tf32;
        double step = Math.ScaleB(1.0, Math.ILogB(value) - (isTensorFloat ? 10 : 7));
        return Math.Round(value / step, isTensorFloat ? MidpointRounding.AwayFromZero : MidpointRounding.ToEven) * step;
    }

    /// <summary>The most that a product may be off, as a share of the sum of its terms' magnitudes: each factor by half a unit in its last place.</summary>
    public static double Bound(Precision precision) =>
        precision == Precision.Tf32 ? Math.Pow(1 + Math.ScaleB(1, -11), 2) - 1 : Math.Pow(1 + Math.ScaleB(1, -8), 2) - 1;

    /// <summary>The same of a sum of so many terms in floats.</summary>
    public static double SumBound(int terms) => (terms + 1) * Math.ScaleB(1, -24);
}
