#pragma warning disable CA1051 // Emitted code reads and writes the fields.
using System.Reflection;
using Dalle2.Gpu.Extensions;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

#pragma warning disable CA1051 // Generated programs live in another assembly and use the fields.

/// <summary>A struct of random programs, in variables and in memory; no bytes lie between its fields.</summary>
public struct Mixed
{
    public int A;
    public float B;
    public long C;

    public void Turn(int by)
    {
        A ^= by;
        if (by > 0)
            C += A;
        else
            B = -B;
    }

    public readonly int Sum(int scale) => A * scale + (int)C;

    public static Mixed Larger(Mixed first, in Mixed second) => first.C > second.C ? first : second;
}

/// <summary>A struct of structs and small fields, in variables only.</summary>
public struct Nested
{
    public Mixed First;
    public short Small;
    public Mixed Second;
    public bool Flag;
    public byte Tiny;
}

/// <summary>What random programs call beside the dialect.</summary>
public static class Canonical
{
    /// <summary>The method that makes a value finite; null for types whose values all are.</summary>
    public static MethodInfo? For(Type type) =>
        typeof(Canonical).GetMethods().FirstOrDefault(m => m.Name == nameof(Finite) && m.ReturnType == type);

    /// <summary>The number if it is finite, else one for each kind: which NaN it is must not be seen, and checked mode forbids to store it.</summary>
    public static float Finite(float value) =>
        !float.IsNaN(value) ? StrictMath.Abs(value) <= float.MaxValue ? value : value > 0f ? 2f : 3f : 1f;

    /// <inheritdoc cref="Finite(float)"/>
    public static double Finite(double value) =>
        !double.IsNaN(value) ? IntrinsicMath.Abs(value) <= double.MaxValue ? value : value > 0 ? 2 : 3 : 1;

    /// <inheritdoc cref="Finite(float)"/>
    public static System.Half Finite(System.Half value) => System.Half.IsNaN(value) ? System.Half.One : value;

    public static Mixed Finite(Mixed value)
    {
        value.B = Finite(value.B);
        return value;
    }

    public static void Twist(ref int value, int by) => value = (value << 3) ^ by;

    public static void Twist(ref float value, float by) => value = by > 0f ? value * by : by;

    public static void Twist(ref long value, long by)
    {
        if (value > by)
            return;
        value = by - value;
    }

    public static int Hash(int value) => value;

    public static int Hash(uint value) => (int)value;

    public static int Hash(long value) => (int)(value ^ (value >> 32));

    public static int Hash(ulong value) => Hash((long)value);

    public static int Hash(bool value) => value ? 3 : 5;

    public static int Hash(float value) => (int)Interop.FloatAsInt(Finite(value));

    public static int Hash(double value) => Hash(Interop.FloatAsInt(Finite(value)));

    public static int Hash(System.Half value) => BitConverter.HalfToUInt16Bits(Finite(value));

    public static int Hash(Mixed value) => value.A ^ (31 * Hash(value.B)) ^ (17 * Hash(value.C));

    public static int Hash(Nested value) =>
        Hash(value.First) + 7 * Hash(value.Second) + value.Small + (value.Tiny << 16) + Hash(value.Flag);
}
