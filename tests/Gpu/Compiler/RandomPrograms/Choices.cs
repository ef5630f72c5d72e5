namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>The random choices of one program, the same for a seed on every machine (SplitMix64).</summary>
/// <param name="seed">The seed.</param>
/// <param name="dividesByAll">Whether integers are divided by whatever comes, zero among them; checked mode tells of that.</param>
sealed class Choices(ulong seed, bool dividesByAll)
{
    ulong state = seed * 0x9E3779B97F4A7C15UL + 0x1234567;

    public bool DividesByAll => dividesByAll;

    public ulong Bits()
    {
        ulong z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>0..count-1.</summary>
    public int Below(int count) => (int)(Bits() % (ulong)count);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public bool OneIn(int n) => Below(n) == 0;

    public T Of<T>(params ReadOnlySpan<T> items) => items[Below(items.Length)];

    /// <summary>A number that arithmetic finds hard, or any.</summary>
    public object Number(Type type)
    {
        long whole = Below(4) switch
        {
            0 => Between(-3, 9),
            1 => (long)Bits(),
            2 =>
            1L << Below(64),
            _ => Of<long>(0, -1, int.MaxValue, int.MinValue, long.MinValue, long.MaxValue, 255, 65536)
        };
        double real = Below(3) switch
        {
            0 => Between(-40, 40) * 0.25,
            1 => BitConverter.UInt64BitsToDouble((Bits() & 0x800FFFFFFFFFFFFFUL) | ((ulong)(1023 + Between(-40, 40)) << 52)),
            _ =>
            Of(0.0, -0.0, 1, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 3.4e38, -1e-39, 2147483648.0, -9.3e18, 1e300,
            65519.99),
        };
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => OneIn(2),
            TypeCode.Byte => (byte)whole,
            TypeCode.SByte => (sbyte)whole,
            TypeCode.Int16 => (short)whole,
            TypeCode.UInt16 => (ushort)whole,
            TypeCode.Int32 => (int)whole,
            TypeCode.UInt32 => (uint)whole,
            TypeCode.Int64 => whole,
            TypeCode.UInt64 => (ulong)whole,
            TypeCode.Single => (float)real,
            TypeCode.Double => real,
            _ when type == typeof(System.Half) => (System.Half)real,
            _ => new Mixed { A = (int)Number(typeof(int)), B = (float)Number(typeof(float)), C = (long)Number(typeof(long)) },
        };
    }
}
