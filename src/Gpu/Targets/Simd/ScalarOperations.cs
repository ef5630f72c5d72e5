using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>Operations on single values that take more than an instruction of the intermediate language. Emitted code calls them; most are inlined there.</summary>
static class ScalarOperations
{
    // Divisions that .NET would stop at have the results of Semantics. Of divisors, 0 and -1 are told from others by one comparison; -a & b is 0 of the
    // one and -a of the other, a & ~b is a and 0. Inlined, since a call would put every vector aside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Divide(int a, int b) => (uint)(b + 1) <= 1 ? -a & b : a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Divide(long a, long b) => (ulong)(b + 1) <= 1 ? -a & b : a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int DivideUnsigned(int a, int b) => b == 0 ? 0 : (int)((uint)a / (uint)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long DivideUnsigned(long a, long b) => b == 0 ? 0 : (long)((ulong)a / (ulong)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Remainder(int a, int b) => (uint)(b + 1) <= 1 ? a & ~b : a % b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Remainder(long a, long b) => (ulong)(b + 1) <= 1 ? a & ~b : a % b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RemainderUnsigned(int a, int b) => b == 0 ? a : (int)((uint)a % (uint)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long RemainderUnsigned(long a, long b) => b == 0 ? a : (long)((ulong)a % (ulong)b);

    public static int MultiplyHighUnsigned(int a, int b) => (int)(((ulong)(uint)a * (uint)b) >> 32);

    public static long MultiplyHighUnsigned(long a, long b) => (long)Math.BigMul((ulong)a, (ulong)b, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Select<T>(bool condition, T first, T second) => condition ? first : second;

    public static float UnsignedToFloat(uint value) => value;

    public static float UnsignedToFloat(ulong value) => value;

    public static double UnsignedToDouble(uint value) => value;

    public static double UnsignedToDouble(ulong value) => value;

    public static int ToInt(float value) => (int)value;

    public static int ToInt(double value) => (int)value;

    public static long ToLong(float value) => (long)value;

    public static long ToLong(double value) => (long)value;

    public static uint ToUInt(float value) => (uint)value;

    public static uint ToUInt(double value) => (uint)value;

    public static ulong ToULong(float value) => (ulong)value;

    public static ulong ToULong(double value) => (ulong)value;

    public static float HalfToFloat(int bits) => (float)BitConverter.UInt16BitsToHalf((ushort)bits);

    public static int FloatToHalf(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>The value itself, which the just-in-time compiler cannot know.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Unknown(float value) => value;

    /// <summary>The value itself, which the just-in-time compiler cannot know.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double Unknown(double value) => value;

    /// <summary>Stops the kernel in checked mode.</summary>
    public static void Fail(long found, long limit, int check, int place) => throw new CheckFailedException(found, limit, check, place);
}

/// <summary>A check of checked mode failed.</summary>
sealed class CheckFailedException(long found, long limit, int check, int place) : Exception($"check {check} failed")
{
    /// <summary>The group's number, or the first thread of the vector.</summary>
    public int Place => place;

    public long Found => found;

    public long Limit => limit;

    public int Check => check;
}
