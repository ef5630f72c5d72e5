using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>
/// Quotients of 32-bit integers, lane by lane, which no vector unit has. In double precision the rounded quotient, cut to an integer, is exact: one that is no
/// integer lies at least 1 / divisor, 2^-31 of itself, from the next, and is rounded by 2^-53 of itself. Divisions that have no defined result give something.
/// </summary>
static class VectorDivision
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Divide(Vector512<int> a, Vector512<int> b) => Vector512.Create(
        Avx512F.ConvertToVector256Int32WithTruncation(Avx512F.ConvertToVector512Double(a.GetLower()) / Avx512F.ConvertToVector512Double(b.GetLower())),
        Avx512F.ConvertToVector256Int32WithTruncation(Avx512F.ConvertToVector512Double(a.GetUpper()) / Avx512F.ConvertToVector512Double(b.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Remainder(Vector512<int> a, Vector512<int> b) => a - Divide(a, b) * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> DivideUnsigned(Vector512<int> a, Vector512<int> b) => Vector512.Create(
        Avx512F.ConvertToVector256UInt32WithTruncation(Avx512F.ConvertToVector512Double(a.AsUInt32().GetLower()) / Avx512F.ConvertToVector512Double(b.AsUInt32().GetLower())),
        Avx512F.ConvertToVector256UInt32WithTruncation(Avx512F.ConvertToVector512Double(a.AsUInt32().GetUpper()) / Avx512F.ConvertToVector512Double(b.AsUInt32().GetUpper()))).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> RemainderUnsigned(Vector512<int> a, Vector512<int> b) => a - DivideUnsigned(a, b) * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Divide(Vector256<int> a, Vector256<int> b) => Vector256.Create(
        Avx.ConvertToVector128Int32WithTruncation(Avx.ConvertToVector256Double(a.GetLower()) / Avx.ConvertToVector256Double(b.GetLower())),
        Avx.ConvertToVector128Int32WithTruncation(Avx.ConvertToVector256Double(a.GetUpper()) / Avx.ConvertToVector256Double(b.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Remainder(Vector256<int> a, Vector256<int> b) => a - Divide(a, b) * b;
}
