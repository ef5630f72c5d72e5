using System.Numerics;
using Dalle2.Gpu.Extensions;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>What <see cref="MathematicsKernels"/> leave, one for each of their lines: .NET's own where it is exact, otherwise <see cref="StrictMath"/>.</summary>
static class MathematicsResults
{
    public static readonly Func<double, double, double>[] Exponentials =
    [
        (a, b) => StrictMath.Exp(a),
        (a, b) => StrictMath.Log(a),
        (a, b) => StrictMath.Log2(a),
        (a, b) => StrictMath.Log10(a),
        (a, b) => StrictMath.Cbrt(a),
        (a, b) => StrictMath.Exp2(a),
        (a, b) => StrictMath.Pow(a, b),
        (a, b) => StrictMath.Log(a, b),
    ];

    public static readonly Func<double, double, double>[] Trigonometry =
    [
        (a, b) => StrictMath.Sin(a),
        (a, b) => StrictMath.Cos(a),
        (a, b) => StrictMath.Tan(a),
        (a, b) => StrictMath.Sin(b),
        (a, b) => StrictMath.Cos(b),
    ];

    public static readonly Func<double, double, double>[] InverseFunctions =
    [
        (a, b) => StrictMath.Asin(a),
        (a, b) => StrictMath.Acos(a),
        (a, b) => StrictMath.Atan(a),
        (a, b) => StrictMath.Atan2(a, b),
        (a, b) => StrictMath.Asinh(a),
        (a, b) => StrictMath.Acosh(a),
        (a, b) => StrictMath.Atanh(a),
    ];

    public static readonly Func<double, double, double>[] Hyperbolic =
    [
        (a, b) => StrictMath.Sinh(a),
        (a, b) => StrictMath.Cosh(a),
        (a, b) => StrictMath.Tanh(a),
        (a, b) => 1 / a,
        (a, b) => 1 / Math.Sqrt(a),
        (a, b) => Math.Sqrt(b),
    ];

    public static readonly Func<double, double, double>[] Rounding =
    [
        (a, b) => Math.Ceiling(a),
        (a, b) => Math.Floor(a),
        (a, b) => Math.Truncate(a),
        (a, b) => Math.Round(a),
        (a, b) => Math.Round(a, 3),
        (a, b) => Math.Round(a, MidpointRounding.AwayFromZero),
        (a, b) => Math.Round(a, 2, MidpointRounding.ToPositiveInfinity),
        (a, b) => Math.Truncate(a),
        (a, b) => a % b,
        (a, b) => b % a,
        (a, b) => Math.IEEERemainder(a, b),
        (a, b) => Math.ScaleB(a, (int)b),
        (a, b) => Math.ILogB(a),
        (a, b) => Math.BitIncrement(a),
        (a, b) => Math.BitDecrement(a),
        (a, b) => Math.CopySign(a, b),
        (a, b) => Math.Min(a, b),
        (a, b) => Math.Max(a, b),
        (a, b) => Math.Clamp(a, -1.5, 2.5),
        (a, b) => Math.Max(Math.Min(a, 2.5), -1.5),
        (a, b) => Math.MaxMagnitude(a, b),
        (a, b) => Math.MinMagnitude(a, b),
        (a, b) => double.IsNaN(a) ? 0 : Math.Sign(a),
        (a, b) => double.MaxNumber(a, b),
        (a, b) => Math.FusedMultiplyAdd(a, b, 1),
        (a, b) => a * (180 / Math.PI),
    ];

    public static readonly Func<float, float, float>[] FloatExponentials =
    [
        (a, b) => StrictMath.Exp(a),
        (a, b) => StrictMath.Exp(b),
        (a, b) => StrictMath.Log(a),
        (a, b) => StrictMath.Log2(a),
        (a, b) => StrictMath.Log10(a),
        (a, b) => StrictMath.Cbrt(a),
        (a, b) => StrictMath.Exp2(a),
        (a, b) => StrictMath.Pow(a, b),
        (a, b) => StrictMath.Log(a, b),
        (a, b) => StrictMath.Tanh(a),
    ];

    public static readonly Func<float, float, float>[] FloatTrigonometry =
    [
        (a, b) => Sin(a),
        (a, b) => Cos(a),
        (a, b) => Sin(b),
        (a, b) => Cos(b),
    ];

    public static readonly Func<float, float, float>[] FloatInverses =
    [
        (a, b) => StrictMath.Tan(a),
        (a, b) => StrictMath.Asin(a),
        (a, b) => StrictMath.Acos(a),
        (a, b) => StrictMath.Atan2(a, b),
        (a, b) => StrictMath.Sinh(a),
        (a, b) => StrictMath.Cosh(a),
    ];

    public static readonly Func<float, float, float>[] FloatRounding =
    [
        (a, b) => MathF.Ceiling(a),
        (a, b) => MathF.Truncate(a),
        (a, b) => MathF.Round(a),
        (a, b) => MathF.Round(a, 3),
        (a, b) => MathF.Round(a, MidpointRounding.AwayFromZero),
        (a, b) => MathF.Round(a, 2, MidpointRounding.ToNegativeInfinity),
        (a, b) => a % b,
        (a, b) => MathF.IEEERemainder(a, b),
        (a, b) => MathF.ScaleB(a, (int)b),
        (a, b) => MathF.ILogB(a),
        (a, b) => MathF.BitIncrement(a),
        (a, b) => MathF.BitDecrement(a),
        (a, b) => MathF.CopySign(a, b),
        (a, b) => MathF.Min(a, b),
        (a, b) => MathF.Max(a, b),
        (a, b) => float.Clamp(a, -1.5f, 2.5f),
        (a, b) => MathF.MaxMagnitude(a, b),
        (a, b) => float.MinNumber(a, b),
        (a, b) => 1 / MathF.Sqrt(a),
        (a, b) => 1 / a,
        (a, b) => float.DegreesToRadians(a),
        (a, b) => a * (MathF.PI / 180),
    ];

    public static readonly Func<long, long, long>[] Integers =
    [
        (a, b) => (int)a == int.MinValue ? int.MinValue : Math.Abs((int)a),
        (a, b) => Math.Min((sbyte)a, (sbyte)b),
        (a, b) => Math.Max((ushort)a, (ushort)b),
        (a, b) => Math.Clamp((byte)a, (byte)10, (byte)200),
        (a, b) => Math.Sign(a),
        (a, b) => int.Clamp((int)a, -100, 100),
        (a, b) => uint.Max((uint)a, (uint)b),
        (a, b) => Math.BigMul((int)a, (int)b),
        (a, b) => (long)Math.BigMul((ulong)a, (ulong)b, out ulong low) ^ (long)low,
        (a, b) => Math.BigMul(a, b, out long rest) + rest,
        (a, b) => Math.DivRem((int)a, 7, out int left) * 100L + left,
        (a, b) => Math.DivRem(a, 1000).Remainder,
        (a, b) => BitOperations.PopCount((ulong)a),
        (a, b) => BitOperations.LeadingZeroCount((uint)a),
        (a, b) => BitOperations.TrailingZeroCount(a),
        (a, b) => BitOperations.RotateLeft((uint)a, 7),
        (a, b) => (long)BitOperations.RotateRight((ulong)a, (int)b),
        (a, b) => BitOperations.Log2((uint)a),
        (a, b) => BitOperations.Log2((ulong)a),
        (a, b) => BitOperations.IsPow2(a) ? 1 : 0,
        (a, b) => BitOperations.RoundUpToPowerOf2((uint)a),
        (a, b) => (long)BitOperations.RoundUpToPowerOf2((ulong)a),
        (a, b) => long.PopCount(a),
        (a, b) => uint.LeadingZeroCount((uint)a),
        (a, b) => (long)ulong.Log2((ulong)a),
        (a, b) => int.RotateLeft((int)a, 5),
        (a, b) => long.IsEvenInteger(a) ? 1 : 0,
        (a, b) => BitOperations.PopCount((ulong)a),
        (a, b) => a,
        (a, b) => (uint)((ulong)a >> 32),
        (a, b) => BitOperations.LeadingZeroCount((ulong)a),
        (a, b) => 3,
        (a, b) => Math.Clamp((sbyte)a, (sbyte)-5, (sbyte)5),
    ];

    public static int Floats(float a)
    {
        bool[] answers =
        [
            float.IsNaN(a), float.IsInfinity(a), float.IsFinite(a), float.IsNegative(a), float.IsPositive(a), float.IsPositiveInfinity(a),
            float.IsNegativeInfinity(a),
            float.IsNormal(a), float.IsSubnormal(a), float.IsInteger(a), float.IsEvenInteger(a), float.IsOddInteger(a),
            float.IsRealNumber(a),
            float.IsNaN(a), float.IsInfinity(a), float.IsFinite(a),
        ];
        return answers.Select((answer, bit) => answer ? 1 << bit : 0).Sum();
    }

    public static int Doubles(double a)
    {
        bool[] answers =
        [
            double.IsNaN(a), double.IsInfinity(a), double.IsFinite(a), double.IsNegative(a), double.IsPositive(a),
            double.IsPositiveInfinity(a), double.IsNegativeInfinity(a),
            double.IsNormal(a), double.IsSubnormal(a), double.IsInteger(a), double.IsEvenInteger(a), double.IsOddInteger(a),
            double.IsRealNumber(a),
            double.IsNaN(a), double.IsInfinity(a), double.IsFinite(a),
        ];
        return answers.Select((answer, bit) => answer ? 1 << bit : 0).Sum();
    }

    public static readonly Func<ILGPU.Half, ILGPU.Half, float, ILGPU.Half>[] Halves =
    [
        (h, g, f) => h + g,
        (h, g, f) => h - g,
        (h, g, f) => h * g,
        (h, g, f) => h / g,
        (h, g, f) => -h,
        (h, g, f) => ILGPU.Half.Abs(h),
        (h, g, f) => (ILGPU.Half)f,
        (h, g, f) => (ILGPU.Half)(double)f,
        (h, g, f) => (ILGPU.Half)(int)f,
        (h, g, f) => (ILGPU.Half)(byte)f,
        (h, g, f) => h < g ? ILGPU.Half.One : ILGPU.Half.MaxValue,
        (h, g, f) => h == g || h >= g ? ILGPU.Half.NaN : ILGPU.Half.Zero,
        (h, g, f) => ILGPU.Half.IsNaN(h) || ILGPU.Half.IsInfinity(g) ? ILGPU.Half.PositiveInfinity : ILGPU.Half.Epsilon,
        (h, g, f) => ILGPU.Half.IsFinite(h) && !ILGPU.Half.IsZero(g) ? h : g,
        (h, g, f) => IntrinsicMath.Abs(h),
        (h, g, f) => IntrinsicMath.CPUOnly.Sqrt(ILGPU.Half.Abs(h)),
        (h, g, f) => IntrinsicMath.CPUOnly.Rcp(h),
        (h, g, f) => IntrinsicMath.CPUOnly.Min(h, g),
        (h, g, f) => IntrinsicMath.CPUOnly.Floor(h),
    ];

    // Far angles are a double's.
    static float Sin(float angle) => MathF.Abs(angle) <= 8192 ? StrictMath.Sin(angle) : (float)StrictMath.Sin((double)angle);

    static float Cos(float angle) => MathF.Abs(angle) <= 8192 ? StrictMath.Cos(angle) : (float)StrictMath.Cos((double)angle);
}
