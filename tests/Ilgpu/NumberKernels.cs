namespace Dalle2.IlgpuKernels;

/// <summary>Numbers of all types: conversions, shifts, overflow, and what is smaller than int.</summary>
public sealed class NumberKernels : KernelFamily
{
    static void ConversionsKernel(Index1D index, ArrayView<double> x, ArrayView2D<long, Stride2D.DenseY> result)
    {
        double value = x[index];
        int i = (int)value;
        long l = (long)value;
        result[index, 0] = (sbyte)i;
        result[index, 1] = (byte)i;
        result[index, 2] = (short)i;
        result[index, 3] = (ushort)i;
        result[index, 4] = i;
        result[index, 5] = (uint)i;
        result[index, 6] = l;
        result[index, 7] = (long)((float)l * .5f);
        result[index, 8] = (long)(double)(uint)i;
        result[index, 9] = (int)(l >> 3);
    }

    static void SmallTypesKernel(Index1D index, ArrayView<sbyte> signed, ArrayView<byte> unsigned, ArrayView<short> shorts,
        ArrayView<ushort> ushorts)
    {
        signed[index] = (sbyte)(signed[index] * 3);
        unsigned[index] += 200;
        shorts[index] = (short)(shorts[index] << 3);
        ushorts[index] -= (ushort)(unsigned[index] * 300);
    }

    static void UnsignedKernel(Index1D index, ArrayView<uint> data, ArrayView<ulong> wide)
    {
        uint value = data[index];
        data[index] = value / 7 + value % 7 + (value > 0x80000000u ? 1u : 0u);
        wide[index] = (ulong)value * value % 1_000_000_007ul / 3 + (value >> 31);
    }

    static void ShiftsKernel(Index1D index, ArrayView<int> data, ArrayView2D<int, Stride2D.DenseY> result)
    {
        int value = data[index], amount = index % 32;
        result[index, 0] = value << amount;
        result[index, 1] = value >> amount;
        result[index, 2] = value >>> amount;
        result[index, 3] = ~value & 0xff | (value ^ 0x55) << 8;
        uint rotated = (uint)value << amount | (uint)value >> (32 - amount & 31);
        result[index, 4] = (int)rotated;
        result[index, 5] = (int)(((long)value << 20) >> (amount + 4));
    }

    static void OverflowKernel(Index1D index, ArrayView<int> ints, ArrayView<long> longs)
    {
        ints[index] = ints[index] * 1_000_003 + int.MaxValue;
        longs[index] = longs[index] * 6364136223846793005L + 1442695040888963407L;
    }

    // Buffers of bool and char are refused; within the kernel both are taken.
    static void BoolCharKernel(Index1D index, ArrayView<ushort> text, ArrayView<byte> letters, ArrayView<ushort> upper)
    {
        char c = (char)text[index];
        bool letter = c is >= 'a' and <= 'z';
        bool word = letter | c == '_';
        letters[index] = (byte)(word ? 1 : 0);
        upper[index] = letter ? (char)(c - 'a' + 'A') : c;
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            double[] reals = [0, 1.75, -1.75, 300.5, -300.5, 70000.25, -70000.25, 2000000000.0];
            yield return Implicit("Number.Conversions", ConversionsKernel, new Index1D(8), In(reals), Out([.. reals.SelectMany(x =>
            {
                int i = (int)x;
                long l = i;
                return new long[] { unchecked((sbyte)i), unchecked((byte)i), unchecked((short)i), unchecked((ushort)i), i,
                    unchecked((uint)i), l, (long)((float)l * .5f), unchecked((uint)i), l >> 3 };
            })]).DenseY(8, 10));
            yield return Implicit("Number.SmallTypes", SmallTypesKernel, new Index1D(12),
                InOut(Fill(12, i => (sbyte)(20 * i - 120)), Fill(12, i => unchecked((sbyte)(60 * i - 360)))),
                InOut(Fill(12, i => (byte)(21 * i)), Fill(12, i => unchecked((byte)(21 * i + 200)))),
                InOut(Fill(12, i => (short)(3000 * i - 9000)), Fill(12, i => unchecked((short)(24000 * i - 72000)))),
                InOut(Fill(12, i => (ushort)(5000 * i)), Fill(12, i => unchecked((ushort)(5000 * i - (byte)(21 * i + 200) * 300)))));
            uint[] uints = Fill(20, i => unchecked((uint)i * 2654435761u));
            yield return Implicit("Number.Unsigned", UnsignedKernel, new Index1D(20),
                InOut(uints, Fill(20, i => uints[i] / 7 + uints[i] % 7 + (uints[i] > 0x80000000u ? 1u : 0u))),
                Out(20, i => (ulong)((UInt128)uints[i] * uints[i] % 1_000_000_007) / 3 + (uints[i] >> 31)));
            int[] mixed = Fill(40, i => unchecked((int)((uint)(i + 1) * 2654435761u)));
            yield return Implicit("Number.Shifts", ShiftsKernel, new Index1D(40), In(mixed), Out(Fill(240, i =>
            {
                int value = mixed[i / 6], amount = i / 6 % 32;
                return (i % 6) switch
                {
                    0 => (int)(value * (1L << amount)),
                    1 => (int)Math.Floor(value / Math.Pow(2, amount)),
                    2 => (int)((uint)value / (1ul << amount)),
                    3 => 255 - (value & 255) | (value ^ 85) * 256,
                    4 => (int)uint.RotateLeft((uint)value, amount),
                    _ => (int)(value * (1L << 20) >> amount + 4),
                };
            })).DenseY(40, 6));
            yield return Implicit("Number.Overflow", OverflowKernel, new Index1D(20),
                InOut(mixed[..20], Fill(20, i => unchecked((int)(mixed[i] * 1_000_003L + int.MaxValue)))),
                InOut(Fill(20, i => (long)mixed[i]), Fill(20,
                i => (long)(ulong)(((Int128)mixed[i] * 6364136223846793005L + 1442695040888963407L) & ulong.MaxValue))));
            ushort[] text = [.. "kernel_of 3 Lines".Select(c => (ushort)c)];
            yield return Implicit("Number.BoolAndChar", BoolCharKernel, new Index1D(text.Length), In(text),
                Out(text.Length, i => char.IsAsciiLetterLower((char)text[i]) || text[i] == '_' ? (byte)1 : (byte)0),
                Out(text.Length, i => (ushort)char.ToUpperInvariant((char)text[i])));
        }
    }
}
