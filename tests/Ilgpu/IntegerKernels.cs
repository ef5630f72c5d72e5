namespace Dalle2.IlgpuKernels;

/// <summary>Sieves, sorts, searches, run lengths and checksums.</summary>
public sealed class IntegerKernels : KernelFamily
{
    static void SieveKernel(Index1D index, ArrayView<byte> composite)
    {
        int factor = index + 2;
        for (int multiple = factor * factor; multiple < composite.Length; multiple += factor)
            composite[multiple] = 1;
    }

    static void CollatzKernel(Index1D index, ArrayView<int> lengths)
    {
        long value = index + 1;
        int length = 1;
        while (value != 1)
        {
            value = (value & 1) == 0 ? value >> 1 : 3 * value + 1;
            ++length;
        }
        lengths[index] = length;
    }

    static void RadixCountKernel(ArrayView<int> keys, ArrayView<int> counts, int shift)
    {
        var shared = SharedMemory.Allocate<int>(4);
        if (Group.IdxX < 4)
            shared[Group.IdxX] = 0;
        Group.Barrier();
        Atomic.Add(ref shared[(keys[Grid.GlobalIndex.X] >> shift) & 3], 1);
        Group.Barrier();
        if (Group.IdxX < 4)
            counts[Group.IdxX * Grid.DimX + Grid.IdxX] = shared[Group.IdxX];
    }

    static void RadixScanKernel(Index1D index, ArrayView<int> counts, ArrayView<int> starts)
    {
        int sum = 0;
        for (int i = 0; i < index; i++)
            sum += counts[i];
        starts[index] = sum;
    }

    static void RadixScatterKernel(ArrayView<int> keys, ArrayView<int> starts, ArrayView<int> sorted, int shift)
    {
        int place = Grid.GlobalIndex.X, digit = (keys[place] >> shift) & 3, before = 0;
        for (int i = place - Group.IdxX; i < place; i++)
        {
            if (((keys[i] >> shift) & 3) == digit)
                before++;
        }
        sorted[starts[digit * Grid.DimX + Grid.IdxX] + before] = keys[place];
    }

    static void PrefixMaximumKernel(ArrayView<int> data)
    {
        for (int offset = 1; offset < Group.DimX; offset <<= 1)
        {
            int other = Group.IdxX >= offset ? data[Group.IdxX - offset] : int.MinValue;
            Group.Barrier();
            data[Group.IdxX] = IntrinsicMath.Max(data[Group.IdxX], other);
            Group.Barrier();
        }
    }

    internal struct Run
    {
        public byte Value;
        public int Length;
    }

    static void RunLengthKernel(Index1D index, ArrayView<byte> data, ArrayView<Run> runs)
    {
        if (index > 0 && data[index - 1] == data[index])
            return;
        int end = index + 1;
        while (end < data.IntLength && data[end] == data[index])
            end++;
        runs[index] = new Run { Value = data[index], Length = end - index };
    }

    static void SearchKernel(Index1D index, ArrayView<byte> text, ArrayView<byte> pattern, ArrayView<int> matches, ArrayView<int> first)
    {
        for (int i = 0; i < pattern.Length; i++)
        {
            if (text[index + i] != pattern[i])
                return;
        }
        Atomic.Add(ref matches[0], 1);
        Atomic.Min(ref first[0], index);
    }

    static void HashKernel(Index1D index, ArrayView<byte> text, ArrayView<uint> fnv, ArrayView<uint> adler, int length)
    {
        uint hash = 2166136261, a = 1, b = 0;
        for (int i = 0; i < length; i++)
        {
            byte value = text[index * length + i];
            hash = (hash ^ value) * 16777619;
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }
        fnv[index] = hash;
        adler[index] = b << 16 | a;
    }

    static void ChecksumKernel(Index1D index, ArrayView<byte> text, ArrayView<uint> crc, int length)
    {
        uint remainder = uint.MaxValue;
        for (int i = 0; i < length; i++)
        {
            remainder ^= text[index * length + i];
            for (int bit = 0; bit < 8; bit++)
                remainder = (remainder & 1) != 0 ? remainder >> 1 ^ 0xEDB88320u : remainder >> 1;
        }
        crc[index] = ~remainder;
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            yield return Implicit("Integer.Sieve", SieveKernel, new Index1D(9),
                Out(120, i => (byte)(i > 3 && Enumerable.Range(2, i - 2).Any(factor => i % factor == 0) ? 1 : 0)));
            yield return Implicit("Integer.Collatz", CollatzKernel, new Index1D(30), Out(30, i => Collatz(i + 1)));
            int[] keys = Scattered(48);
            int Digit(int key) => key >> 2 & 3;
            int[] counts = Fill(16, i => keys.Skip(i % 4 * 12).Take(12).Count(key => Digit(key) == i / 4));
            int[] starts = Fill(16, i => counts.Take(i).Sum());
            yield return Explicit("Integer.RadixCount", RadixCountKernel, new KernelConfig(4, 12), In(keys), Out(counts), 2);
            yield return Implicit("Integer.RadixScan", RadixScanKernel, new Index1D(16), In(counts), Out(starts));
            yield return Explicit("Integer.RadixScatter", RadixScatterKernel, new KernelConfig(4, 12), In(keys), In(starts),
                Out([.. keys.OrderBy(Digit)]), 2);
            yield return Explicit("Integer.PrefixMaximum", PrefixMaximumKernel, new KernelConfig(1, 48),
                InOut(keys, Fill(48, i => keys[..(i + 1)].Max())));
            byte[] runs = [5, 5, 5, 1, 2, 2, 9, 9, 9, 9];
            yield return Implicit("Integer.RunLength", RunLengthKernel, new Index1D(10), In(runs), Out(10, i => i switch
            {
                0 => new Run { Value = 5, Length = 3 },
                3 => new Run { Value = 1, Length = 1 },
                4 => new Run { Value = 2, Length = 2 },
                6 => new Run { Value = 9, Length = 4 },
                _ => default,
            }));
            byte[] text = [.. "the thread of the warp then waits"u8], pattern = [.. "the"u8];
            yield return Implicit("Integer.Search", SearchKernel, new Index1D(text.Length - 2), In(text), In(pattern), Out(3),
                InOut([1000], [0]));
            byte[] digits = [.. "123456789a"u8, .. "abcdefghij"u8, .. "~~~~~~~~~~"u8];
            yield return Implicit("Integer.Hashes", HashKernel, new Index1D(3), In(digits),
                Out(3, i => Fnv(digits[(10 * i)..(10 * i + 10)])), Out(3, i => Adler(digits[(10 * i)..(10 * i + 10)])), 10);
            // The check value that every description of CRC-32 gives, for the digits 1 to 9.
            yield return Implicit("Integer.Checksum", ChecksumKernel, new Index1D(1), In([.. "123456789"u8]), Out(0xCBF43926u), 9);
        }
    }

    static int Collatz(long value) => value == 1 ? 1 : 1 + Collatz(value % 2 == 0 ? value / 2 : 3 * value + 1);

    static uint Fnv(byte[] bytes) => bytes.Aggregate(2166136261u, (hash, value) => unchecked((hash ^ value) * 16777619u));

    static uint Adler(byte[] bytes)
    {
        long a = 1 + bytes.Sum(value => (long)value);
        long b = bytes.Length + bytes.Select((value, i) => (long)value * (bytes.Length - i)).Sum();
        return (uint)(b % 65521 << 16 | a % 65521);
    }
}
