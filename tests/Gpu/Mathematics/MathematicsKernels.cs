using System.Numerics;
using ILGPU.Algorithms;

namespace Dalle2.Tests.Gpu.Mathematics;

/// <summary>Kernels that call mathematics as .NET and ILGPU name it: of each element and its neighbor, one result behind the other.</summary>
static class MathematicsKernels
{
    public static void Exponentials(Index1D i, ArrayView<double> x, ArrayView<double> y)
    {
        double a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 8;
        y[at] = Math.Exp(a);
        y[at + 1] = Math.Log(a);
        y[at + 2] = Math.Log2(a);
        y[at + 3] = XMath.Log10(a);
        y[at + 4] = Math.Cbrt(a);
        y[at + 5] = XMath.Exp2(a);
        y[at + 6] = Math.Pow(a, b);
        y[at + 7] = XMath.Log(a, b);
    }

    public static void Trigonometry(Index1D i, ArrayView<double> x, ArrayView<double> y)
    {
        double a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 5;
        y[at] = Math.Sin(a);
        y[at + 1] = XMath.Cos(a);
        y[at + 2] = double.Tan(a);
        (double sin, double cos) = Math.SinCos(b);
        y[at + 3] = sin;
        y[at + 4] = cos;
    }

    public static void InverseFunctions(Index1D i, ArrayView<double> x, ArrayView<double> y)
    {
        double a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 7;
        y[at] = Math.Asin(a);
        y[at + 1] = Math.Acos(a);
        y[at + 2] = Math.Atan(a);
        y[at + 3] = XMath.Atan2(a, b);
        y[at + 4] = Math.Asinh(a);
        y[at + 5] = Math.Acosh(a);
        y[at + 6] = Math.Atanh(a);
    }

    public static void Hyperbolic(Index1D i, ArrayView<double> x, ArrayView<double> y)
    {
        double a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 6;
        y[at] = Math.Sinh(a);
        y[at + 1] = Math.Cosh(a);
        y[at + 2] = XMath.Tanh(a);
        y[at + 3] = XMath.Rcp(a);
        y[at + 4] = XMath.Rsqrt(a);
        y[at + 5] = Math.Sqrt(b);
    }

    public static void Rounding(Index1D i, ArrayView<double> x, ArrayView<double> y)
    {
        double a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 26;
        y[at] = Math.Ceiling(a);
        y[at + 1] = Math.Floor(a);
        y[at + 2] = Math.Truncate(a);
        y[at + 3] = Math.Round(a);
        y[at + 4] = Math.Round(a, 3);
        y[at + 5] = Math.Round(a, MidpointRounding.AwayFromZero);
        y[at + 6] = Math.Round(a, 2, MidpointRounding.ToPositiveInfinity);
        y[at + 7] = XMath.Round(a, MidpointRounding.ToZero);
        y[at + 8] = a % b;
        y[at + 9] = XMath.Rem(b, a);
        y[at + 10] = Math.IEEERemainder(a, b);
        y[at + 11] = Math.ScaleB(a, (int)b);
        y[at + 12] = Math.ILogB(a);
        y[at + 13] = Math.BitIncrement(a);
        y[at + 14] = Math.BitDecrement(a);
        y[at + 15] = Math.CopySign(a, b);
        y[at + 16] = Math.Min(a, b);
        y[at + 17] = Math.Max(a, b);
        y[at + 18] = Math.Clamp(a, -1.5, 2.5);
        y[at + 19] = XMath.Clamp(a, -1.5, 2.5);
        y[at + 20] = Math.MaxMagnitude(a, b);
        y[at + 21] = Math.MinMagnitude(a, b);
        y[at + 22] = XMath.Sign(a);
        y[at + 23] = double.MaxNumber(a, b);
        y[at + 24] = Math.FusedMultiplyAdd(a, b, 1);
        y[at + 25] = XMath.RadToDeg(a);
    }

    public static void FloatExponentials(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 10;
        y[at] = MathF.Exp(a);
        y[at + 1] = XMath.Exp(b);
        y[at + 2] = MathF.Log(a);
        y[at + 3] = MathF.Log2(a);
        y[at + 4] = XMath.Log10(a);
        y[at + 5] = MathF.Cbrt(a);
        y[at + 6] = XMath.Exp2(a);
        y[at + 7] = MathF.Pow(a, b);
        y[at + 8] = XMath.Log(a, b);
        y[at + 9] = MathF.Tanh(a);
    }

    public static void FloatTrigonometry(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 4;
        y[at] = MathF.Sin(a);
        y[at + 1] = XMath.Cos(a);
        XMath.SinCos(b, out float sin, out float cos);
        y[at + 2] = sin;
        y[at + 3] = cos;
    }

    public static void FloatInverses(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 6;
        y[at] = float.Tan(a);
        y[at + 1] = MathF.Asin(a);
        y[at + 2] = MathF.Acos(a);
        y[at + 3] = XMath.Atan2(a, b);
        y[at + 4] = MathF.Sinh(a);
        y[at + 5] = XMath.Cosh(a);
    }

    public static void FloatRounding(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        float a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 22;
        y[at] = MathF.Ceiling(a);
        y[at + 1] = MathF.Truncate(a);
        y[at + 2] = MathF.Round(a);
        y[at + 3] = MathF.Round(a, 3);
        y[at + 4] = MathF.Round(a, MidpointRounding.AwayFromZero);
        y[at + 5] = XMath.Round(a, 2, MidpointRounding.ToNegativeInfinity);
        y[at + 6] = a % b;
        y[at + 7] = MathF.IEEERemainder(a, b);
        y[at + 8] = MathF.ScaleB(a, (int)b);
        y[at + 9] = MathF.ILogB(a);
        y[at + 10] = MathF.BitIncrement(a);
        y[at + 11] = MathF.BitDecrement(a);
        y[at + 12] = MathF.CopySign(a, b);
        y[at + 13] = MathF.Min(a, b);
        y[at + 14] = XMath.Max(a, b);
        y[at + 15] = float.Clamp(a, -1.5f, 2.5f);
        y[at + 16] = MathF.MaxMagnitude(a, b);
        y[at + 17] = float.MinNumber(a, b);
        y[at + 18] = XMath.Rsqrt(a);
        y[at + 19] = MathF.ReciprocalEstimate(a);
        y[at + 20] = float.DegreesToRadians(a);
        y[at + 21] = XMath.DegToRad(a);
    }

    public static void Integers(Index1D i, ArrayView<long> x, ArrayView<long> y)
    {
        long a = x[i], b = x[(i + 1) % x.IntLength];
        int at = i * 33;
        y[at] = Math.Abs((int)a);
        y[at + 1] = Math.Min((sbyte)a, (sbyte)b);
        y[at + 2] = Math.Max((ushort)a, (ushort)b);
        y[at + 3] = Math.Clamp((byte)a, (byte)10, (byte)200);
        y[at + 4] = Math.Sign(a);
        y[at + 5] = int.Clamp((int)a, -100, 100);
        y[at + 6] = uint.Max((uint)a, (uint)b);
        y[at + 7] = Math.BigMul((int)a, (int)b);
        y[at + 8] = (long)Math.BigMul((ulong)a, (ulong)b, out ulong low) ^ (long)low;
        y[at + 9] = Math.BigMul(a, b, out long rest) + rest;
        y[at + 10] = Math.DivRem((int)a, 7, out int left) * 100L + left;
        y[at + 11] = Math.DivRem(a, 1000).Remainder;
        y[at + 12] = BitOperations.PopCount((ulong)a);
        y[at + 13] = BitOperations.LeadingZeroCount((uint)a);
        y[at + 14] = BitOperations.TrailingZeroCount(a);
        y[at + 15] = BitOperations.RotateLeft((uint)a, 7);
        y[at + 16] = (long)BitOperations.RotateRight((ulong)a, (int)b);
        y[at + 17] = BitOperations.Log2((uint)a);
        y[at + 18] = BitOperations.Log2((ulong)a);
        y[at + 19] = BitOperations.IsPow2(a) ? 1 : 0;
        y[at + 20] = BitOperations.RoundUpToPowerOf2((uint)a);
        y[at + 21] = (long)BitOperations.RoundUpToPowerOf2((ulong)a);
        y[at + 22] = long.PopCount(a);
        y[at + 23] = uint.LeadingZeroCount((uint)a);
        y[at + 24] = (long)ulong.Log2((ulong)a);
        y[at + 25] = int.RotateLeft((int)a, 5);
        y[at + 26] = long.IsEvenInteger(a) ? 1 : 0;
        y[at + 27] = XMath.PopCount(a);
        y[at + 28] = (long)IntrinsicMath.ComposeULong(IntrinsicMath.Decompose(a));
        y[at + 29] = IntrinsicMath.Decompose(a).Upper;
        y[at + 30] = IntrinsicMath.BitOperations.LeadingZeroCount(a);
        y[at + 31] = XMath.DivRoundUp(9, 4);
        y[at + 32] = IntrinsicMath.Clamp((sbyte)a, (sbyte)-5, (sbyte)5);
    }

    public static void Floats(Index1D i, ArrayView<float> x, ArrayView<int> y)
    {
        float a = x[i];
        int bits = 0;
        bits |= float.IsNaN(a) ? 1 : 0;
        bits |= float.IsInfinity(a) ? 2 : 0;
        bits |= float.IsFinite(a) ? 4 : 0;
        bits |= float.IsNegative(a) ? 8 : 0;
        bits |= float.IsPositive(a) ? 16 : 0;
        bits |= float.IsPositiveInfinity(a) ? 32 : 0;
        bits |= float.IsNegativeInfinity(a) ? 64 : 0;
        bits |= float.IsNormal(a) ? 128 : 0;
        bits |= float.IsSubnormal(a) ? 256 : 0;
        bits |= float.IsInteger(a) ? 512 : 0;
        bits |= float.IsEvenInteger(a) ? 1024 : 0;
        bits |= float.IsOddInteger(a) ? 2048 : 0;
        bits |= float.IsRealNumber(a) ? 4096 : 0;
        y[i] = bits | (XMath.IsNaN(a) ? 8192 : 0) | (XMath.IsInfinity(a) ? 16384 : 0) | (XMath.IsFinite(a) ? 32768 : 0);
    }

    public static void Doubles(Index1D i, ArrayView<double> x, ArrayView<int> y)
    {
        double a = x[i];
        int bits = 0;
        bits |= double.IsNaN(a) ? 1 : 0;
        bits |= double.IsInfinity(a) ? 2 : 0;
        bits |= double.IsFinite(a) ? 4 : 0;
        bits |= double.IsNegative(a) ? 8 : 0;
        bits |= double.IsPositive(a) ? 16 : 0;
        bits |= double.IsPositiveInfinity(a) ? 32 : 0;
        bits |= double.IsNegativeInfinity(a) ? 64 : 0;
        bits |= double.IsNormal(a) ? 128 : 0;
        bits |= double.IsSubnormal(a) ? 256 : 0;
        bits |= double.IsInteger(a) ? 512 : 0;
        bits |= double.IsEvenInteger(a) ? 1024 : 0;
        bits |= double.IsOddInteger(a) ? 2048 : 0;
        bits |= double.IsRealNumber(a) ? 4096 : 0;
        y[i] = bits | (XMath.IsNaN(a) ? 8192 : 0) | (XMath.IsInfinity(a) ? 16384 : 0) | (XMath.IsFinite(a) ? 32768 : 0);
    }

    public static void Halves(Index1D i, ArrayView<ILGPU.Half> x, ArrayView<float> z, ArrayView<ILGPU.Half> y, ArrayView<float> w)
    {
        ILGPU.Half h = x[i], g = x[(i + 1) % x.IntLength];
        float f = z[i];
        int at = i * 19;
        y[at] = h + g;
        y[at + 1] = h - g;
        y[at + 2] = h * g;
        y[at + 3] = h / g;
        y[at + 4] = -h;
        y[at + 5] = ILGPU.Half.Abs(h);
        y[at + 6] = (ILGPU.Half)f;
        y[at + 7] = (ILGPU.Half)(double)f;
        y[at + 8] = (ILGPU.Half)(int)f;
        y[at + 9] = (ILGPU.Half)(byte)f;
        y[at + 10] = h < g ? ILGPU.Half.One : ILGPU.Half.MaxValue;
        y[at + 11] = h == g || h >= g ? ILGPU.Half.NaN : ILGPU.Half.Zero;
        y[at + 12] = ILGPU.Half.IsNaN(h) || ILGPU.Half.IsInfinity(g) ? ILGPU.Half.PositiveInfinity : ILGPU.Half.Epsilon;
        y[at + 13] = ILGPU.Half.IsFinite(h) && !ILGPU.Half.IsZero(g) ? h : g;
        y[at + 14] = IntrinsicMath.Abs(h);
        y[at + 15] = IntrinsicMath.CPUOnly.Sqrt(ILGPU.Half.Abs(h));
        y[at + 16] = IntrinsicMath.CPUOnly.Rcp(h);
        y[at + 17] = IntrinsicMath.CPUOnly.Min(h, g);
        y[at + 18] = IntrinsicMath.CPUOnly.Floor(h);
        w[i * 4] = h;
        w[i * 4 + 1] = (float)(double)g;
        w[i * 4 + 2] = (int)h;
        w[i * 4 + 3] = (ushort)g + h.CompareTo(g) + (h.Equals(g) ? 4 : 0);
    }

    public static void Generic<T>(Index1D i, ArrayView<T> x, ArrayView<T> y)
        where T : unmanaged, INumber<T> => y[i] = Polynomial(x[i], x[(i + 1) % x.IntLength]);

    public static T Polynomial<T>(T a, T b)
        where T : unmanaged, INumber<T> =>
        T.Max(a * a - T.One, T.Abs(b)) + (a < b ? -a : T.Clamp(b, T.Zero, T.One + T.One) / (T.One + T.One))
        + (a == b || a >= T.One ? a % (T.One + T.One) : T.MultiplicativeIdentity);
}
