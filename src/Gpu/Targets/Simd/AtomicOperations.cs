using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Simd;

/// <summary>Atomic operations at an address, as bits; other workers may be at the same address. Each returns the old bits.</summary>
static unsafe class AtomicOperations
{
    public static int Run(byte* address, int value, int comparand, Op op, bool isFloat)
    {
        ref int place = ref Unsafe.AsRef<int>(address);
        if (op == Op.AtomicCompareExchange)
            return Interlocked.CompareExchange(ref place, value, comparand);
        for (int old = Volatile.Read(ref place); ;)
        {
            int next = isFloat
                ? BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(old) + BitConverter.Int32BitsToSingle(value))
                : (int)Next(op, old, value, (uint)old, (uint)value);
            if (op == Op.AtomicExchange)
                next = value;
            int seen = Interlocked.CompareExchange(ref place, next, old);
            if (seen == old)
                return old;
            old = seen;
        }
    }

    public static long Run(byte* address, long value, long comparand, Op op, bool isFloat)
    {
        ref long place = ref Unsafe.AsRef<long>(address);
        if (op == Op.AtomicCompareExchange)
            return Interlocked.CompareExchange(ref place, value, comparand);
        for (long old = Volatile.Read(ref place); ;)
        {
            long next = isFloat
                ? BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(old) + BitConverter.Int64BitsToDouble(value))
                : Next(op, old, value, (ulong)old, (ulong)value);
            if (op == Op.AtomicExchange)
                next = value;
            long seen = Interlocked.CompareExchange(ref place, next, old);
            if (seen == old)
                return old;
            old = seen;
        }
    }

    static long Next(Op op, long old, long value, ulong oldUnsigned, ulong valueUnsigned) => op switch
    {
        Op.AtomicAdd => old + value,
        Op.AtomicAnd => old & value,
        Op.AtomicOr => old | value,
        Op.AtomicXor => old ^ value,
        Op.AtomicMin => Math.Min(old, value),
        Op.AtomicMax => Math.Max(old, value),
        Op.AtomicMinUnsigned => (long)Math.Min(oldUnsigned, valueUnsigned),
        Op.AtomicMaxUnsigned => (long)Math.Max(oldUnsigned, valueUnsigned),
        _ => value,
    };
}
