using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Dialect;

/// <summary>
/// Operations on an element of a view that no other thread comes between. All give the value from before. The order in which threads come is open:
/// sums of integers do not depend on it, sums of floats do.
/// </summary>
public static class Atomic
{
    /// <summary>Adds to the element.</summary>
    public static int Add(ref int target, int value) => Interlocked.Add(ref target, value) - value;

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static uint Add(ref uint target, uint value) => Interlocked.Add(ref target, value) - value;

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static long Add(ref long target, long value) => Interlocked.Add(ref target, value) - value;

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static ulong Add(ref ulong target, ulong value) => Interlocked.Add(ref target, value) - value;

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static float Add(ref float target, float value) => Change(ref target, value, static (old, value) => old + value);

    /// <inheritdoc cref="Add(ref int, int)"/>
    public static double Add(ref double target, double value) => Change(ref target, value, static (old, value) => old + value);

    /// <summary>Keeps the bits that the value has too.</summary>
    public static int And(ref int target, int value) => Interlocked.And(ref target, value);

    /// <inheritdoc cref="And(ref int, int)"/>
    public static uint And(ref uint target, uint value) => Interlocked.And(ref target, value);

    /// <inheritdoc cref="And(ref int, int)"/>
    public static long And(ref long target, long value) => Interlocked.And(ref target, value);

    /// <inheritdoc cref="And(ref int, int)"/>
    public static ulong And(ref ulong target, ulong value) => Interlocked.And(ref target, value);

    /// <summary>Sets the bits that the value has.</summary>
    public static int Or(ref int target, int value) => Interlocked.Or(ref target, value);

    /// <inheritdoc cref="Or(ref int, int)"/>
    public static uint Or(ref uint target, uint value) => Interlocked.Or(ref target, value);

    /// <inheritdoc cref="Or(ref int, int)"/>
    public static long Or(ref long target, long value) => Interlocked.Or(ref target, value);

    /// <inheritdoc cref="Or(ref int, int)"/>
    public static ulong Or(ref ulong target, ulong value) => Interlocked.Or(ref target, value);

    /// <summary>Inverts the bits that the value has.</summary>
    public static int Xor(ref int target, int value) => Change(ref target, value, static (old, value) => old ^ value);

    /// <inheritdoc cref="Xor(ref int, int)"/>
    public static uint Xor(ref uint target, uint value) => Change(ref target, value, static (old, value) => old ^ value);

    /// <inheritdoc cref="Xor(ref int, int)"/>
    public static long Xor(ref long target, long value) => Change(ref target, value, static (old, value) => old ^ value);

    /// <inheritdoc cref="Xor(ref int, int)"/>
    public static ulong Xor(ref ulong target, ulong value) => Change(ref target, value, static (old, value) => old ^ value);

    /// <summary>The element becomes the smaller of the two.</summary>
    public static int Min(ref int target, int value) => Change(ref target, value, Math.Min);

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static uint Min(ref uint target, uint value) => Change(ref target, value, Math.Min);

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static long Min(ref long target, long value) => Change(ref target, value, Math.Min);

    /// <inheritdoc cref="Min(ref int, int)"/>
    public static ulong Min(ref ulong target, ulong value) => Change(ref target, value, Math.Min);

    /// <summary>The element becomes the larger of the two.</summary>
    public static int Max(ref int target, int value) => Change(ref target, value, Math.Max);

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static uint Max(ref uint target, uint value) => Change(ref target, value, Math.Max);

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static long Max(ref long target, long value) => Change(ref target, value, Math.Max);

    /// <inheritdoc cref="Max(ref int, int)"/>
    public static ulong Max(ref ulong target, ulong value) => Change(ref target, value, Math.Max);

    /// <summary>The element becomes the value.</summary>
    public static int Exchange(ref int target, int value) => Interlocked.Exchange(ref target, value);

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static uint Exchange(ref uint target, uint value) => Interlocked.Exchange(ref target, value);

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static long Exchange(ref long target, long value) => Interlocked.Exchange(ref target, value);

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static ulong Exchange(ref ulong target, ulong value) => Interlocked.Exchange(ref target, value);

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static float Exchange(ref float target, float value) => Interlocked.Exchange(ref target, value);

    /// <inheritdoc cref="Exchange(ref int, int)"/>
    public static double Exchange(ref double target, double value) => Interlocked.Exchange(ref target, value);

    /// <summary>The element becomes the value if it has the bits of <paramref name="compare"/>.</summary>
    public static int CompareExchange(ref int target, int compare, int value) => Interlocked.CompareExchange(ref target, value, compare);

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static uint CompareExchange(ref uint target, uint compare, uint value) => Interlocked.CompareExchange(ref target, value, compare);

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static long CompareExchange(ref long target, long compare, long value) => Interlocked.CompareExchange(ref target, value, compare);

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static ulong CompareExchange(ref ulong target, ulong compare, ulong value) => Interlocked.CompareExchange(ref target, value, compare);

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static float CompareExchange(ref float target, float compare, float value) => Interlocked.CompareExchange(ref target, value, compare);

    /// <inheritdoc cref="CompareExchange(ref int, int, int)"/>
    public static double CompareExchange(ref double target, double compare, double value) => Interlocked.CompareExchange(ref target, value, compare);

    static T Change<T>(ref T target, T value, Func<T, T, T> change)
        where T : unmanaged
    {
        while (true)
        {
            T old = target;
            T now = change(old, value);
            if (Unsafe.SizeOf<T>() == 4 ? Replaced<T, uint>(ref target, old, now) : Replaced<T, ulong>(ref target, old, now))
                return old;
        }
    }

    // By bits, so that NaN and the two zeros are told apart.
    static bool Replaced<T, TBits>(ref T target, T old, T now)
        where T : unmanaged
        where TBits : unmanaged, IEquatable<TBits>
    {
        TBits expected = Unsafe.BitCast<T, TBits>(old);
        return Interlocked.CompareExchange(ref Unsafe.As<T, TBits>(ref target), Unsafe.BitCast<T, TBits>(now), expected).Equals(expected);
    }
}
