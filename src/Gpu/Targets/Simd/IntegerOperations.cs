using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>Operations on vectors of 32-bit integers that no vector unit has, lane by lane.</summary>
/// <remarks>
/// In double precision the rounded quotient, cut to an integer, is exact: one that is no integer lies at least 1 / divisor, 2^-31 of itself, from the next, and is
/// rounded by 2^-53 of itself. A quotient that does not fit becomes the smallest integer: of the smallest and -1 that is right, and the remainder with it is
/// 0; of a division by zero it is taken back, while the remainder is the dividend whatever it is.
/// </remarks>
static class IntegerOperations
{
    /// <summary>The quotients by divisors that are not zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Divide(Vector512<int> a, Vector512<int> b) => Vector512.Create(
        Avx512F.ConvertToVector256Int32WithTruncation(Avx512F.ConvertToVector512Double(a.GetLower())
        / Avx512F.ConvertToVector512Double(b.GetLower())),
        Avx512F.ConvertToVector256Int32WithTruncation(Avx512F.ConvertToVector512Double(a.GetUpper())
        / Avx512F.ConvertToVector512Double(b.GetUpper())));

    /// <summary>The quotients by any divisors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DivideOrZero(Vector512<int> a, Vector512<int> b) =>
        Vector512.AndNot(Divide(a, b), Vector512.Equals(b, Vector512<int>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Remainder(Vector512<int> a, Vector512<int> b) => a - Divide(a, b) * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DivideUnsigned(Vector512<int> a, Vector512<int> b) => Vector512.Create(
        Avx512F.ConvertToVector256UInt32WithTruncation(Avx512F.ConvertToVector512Double(a.AsUInt32().GetLower())
        / Avx512F.ConvertToVector512Double(b.AsUInt32().GetLower())),
        Avx512F.ConvertToVector256UInt32WithTruncation(Avx512F.ConvertToVector512Double(a.AsUInt32().GetUpper())
        / Avx512F.ConvertToVector512Double(b.AsUInt32().GetUpper()))).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DivideUnsignedOrZero(Vector512<int> a, Vector512<int> b) =>
        Vector512.AndNot(DivideUnsigned(a, b), Vector512.Equals(b, Vector512<int>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> RemainderUnsigned(Vector512<int> a, Vector512<int> b) => a - DivideUnsigned(a, b) * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Divide(Vector256<int> a, Vector256<int> b) => Vector256.Create(
        Avx.ConvertToVector128Int32WithTruncation(Avx.ConvertToVector256Double(a.GetLower()) / Avx.ConvertToVector256Double(b.GetLower())),
        Avx.ConvertToVector128Int32WithTruncation(Avx.ConvertToVector256Double(a.GetUpper()) / Avx.ConvertToVector256Double(b.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> DivideOrZero(Vector256<int> a, Vector256<int> b) =>
        Vector256.AndNot(Divide(a, b), Vector256.Equals(b, Vector256<int>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Remainder(Vector256<int> a, Vector256<int> b) => a - Divide(a, b) * b;

    // Products of the even lanes and of the odd ones, of 64 bits each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyHighUnsigned(Vector512<int> a, Vector512<int> b)
    {
        Vector512<ulong> even = Avx512F.Multiply(a.AsUInt32(), b.AsUInt32());
        Vector512<ulong> odd = Avx512F.Multiply((a.AsUInt64() >> 32).AsUInt32(), (b.AsUInt64() >> 32).AsUInt32());
        return Vector512.ConditionalSelect(Vector512.Create(0x00000000FFFFFFFFul), even >> 32, odd).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyHighUnsigned(Vector256<int> a, Vector256<int> b)
    {
        Vector256<ulong> even = Avx2.Multiply(a.AsUInt32(), b.AsUInt32());
        Vector256<ulong> odd = Avx2.Multiply((a.AsUInt64() >> 32).AsUInt32(), (b.AsUInt64() >> 32).AsUInt32());
        return Vector256.ConditionalSelect(Vector256.Create(0x00000000FFFFFFFFul), even >> 32, odd).AsInt32();
    }
}
