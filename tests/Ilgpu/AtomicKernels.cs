using ILGPU.AtomicOperations;

namespace Dalle2.IlgpuKernels;

/// <summary>All atomic operations on all their types, and those that programs make of them.</summary>
public sealed class AtomicKernels : KernelFamily
{
    const int Bins = 16;

    static void Int32Kernel(Index1D index, ArrayView<int> data, ArrayView<int> cells)
    {
        int value = data[index];
        Atomic.Add(ref cells[0], value);
        Atomic.Max(ref cells[1], value);
        Atomic.Min(ref cells[2], value);
        Atomic.And(ref cells[3], ~(1 << (value & 7)));
        Atomic.Or(ref cells[4], 1 << (value & 15));
        Atomic.Xor(ref cells[5], value);
        Atomic.Add(ref cells[6], -1);
    }

    static void UInt32Kernel(Index1D index, ArrayView<uint> data, ArrayView<uint> cells)
    {
        uint value = data[index];
        Atomic.Add(ref cells[0], value);
        Atomic.Max(ref cells[1], value);
        Atomic.Min(ref cells[2], value);
        Atomic.And(ref cells[3], value | 0xffff0000u);
        Atomic.Or(ref cells[4], value);
        Atomic.Xor(ref cells[5], value);
    }

    static void Int64Kernel(Index1D index, ArrayView<long> data, ArrayView<long> cells)
    {
        long value = data[index];
        Atomic.Add(ref cells[0], value);
        Atomic.Max(ref cells[1], value);
        Atomic.Min(ref cells[2], value);
        Atomic.And(ref cells[3], value);
        Atomic.Or(ref cells[4], value);
        Atomic.Xor(ref cells[5], value);
    }

    static void UInt64Kernel(Index1D index, ArrayView<ulong> data, ArrayView<ulong> cells)
    {
        ulong value = data[index];
        Atomic.Add(ref cells[0], value);
        Atomic.Max(ref cells[1], value);
        Atomic.Min(ref cells[2], value);
        Atomic.And(ref cells[3], value);
        Atomic.Or(ref cells[4], value);
        Atomic.Xor(ref cells[5], value);
    }

    static void FloatKernel(Index1D index, ArrayView<float> data, ArrayView<float> single, ArrayView<double> twofold)
    {
        float value = data[index];
        Atomic.Add(ref single[0], value);
        Atomic.Max(ref single[1], value);
        Atomic.Min(ref single[2], value);
        Atomic.Add(ref twofold[0], (double)value);
        Atomic.Max(ref twofold[1], (double)value);
        Atomic.Min(ref twofold[2], (double)value);
    }

    static void ExchangeKernel(Index1D index, ArrayView<int> ints, ArrayView<uint> uints, ArrayView<long> longs, ArrayView<ulong> ulongs,
        ArrayView<float> floats, ArrayView<double> doubles)
    {
        int i = index;
        ints[i] = Atomic.Exchange(ref ints[i + 8], i);
        uints[i] = Atomic.Exchange(ref uints[i + 8], (uint)i);
        longs[i] = Atomic.Exchange(ref longs[i + 8], -(long)i);
        ulongs[i] = Atomic.Exchange(ref ulongs[i + 8], (ulong)i);
        floats[i] = Atomic.Exchange(ref floats[i + 8], i);
        doubles[i] = Atomic.Exchange(ref doubles[i + 8], i);
    }

    static void CompareExchangeKernel(Index1D index, ArrayView<int> ints, ArrayView<uint> uints, ArrayView<long> longs,
        ArrayView<ulong> ulongs, ArrayView<float> floats, ArrayView<double> doubles)
    {
        int i = index;
        ints[i] = Atomic.CompareExchange(ref ints[i + 8], 3, 100);
        uints[i] = Atomic.CompareExchange(ref uints[i + 8], 3u, 100u);
        longs[i] = Atomic.CompareExchange(ref longs[i + 8], 3L, 100L);
        ulongs[i] = Atomic.CompareExchange(ref ulongs[i + 8], 3ul, 100ul);
        floats[i] = Atomic.CompareExchange(ref floats[i + 8], 3f, 100f);
        doubles[i] = Atomic.CompareExchange(ref doubles[i + 8], 3.0, 100.0);
    }

    static void HistogramKernel(Index1D index, ArrayView<byte> data, ArrayView<int> histogram) =>
        Atomic.Add(ref histogram[data[index] % Bins], 1);

    static void SharedHistogramKernel(ArrayView<byte> data, ArrayView<uint> histogram)
    {
        var shared = SharedMemory.Allocate<uint>(Bins);
        for (int bin = Group.IdxX; bin < Bins; bin += Group.DimX)
            shared[bin] = 0;
        Group.Barrier();
        for (int i = Grid.GlobalLinearIndex; i < data.IntLength; i += Grid.DimX * Group.DimX)
            Atomic.Add(ref shared[data[i] >> 4], 1u);
        Group.Barrier();
        for (int bin = Group.IdxX; bin < Bins; bin += Group.DimX)
            Atomic.Add(ref histogram[bin], shared[bin]);
    }

    static void CompactKernel(Index1D index, ArrayView<int> data, ArrayView<int> count, ArrayView<int> present)
    {
        int value = data[index];
        if (value < 50)
            return;
        int place = Atomic.Add(ref count[0], 1);
        if (place < data.Length)
            present[value] = 1;
    }

    internal readonly struct MultiplyDouble : IAtomicOperation<double>
    {
        public double Operation(double current, double value) => current * value;
    }

    internal readonly struct SaturatingAdd : IAtomicOperation<int>
    {
        public int Operation(int current, int value) => IntrinsicMath.Min(current + value, 1000);
    }

    internal readonly struct ReinterpretFloat : ICompareExchangeOperation<float>
    {
        public float CompareExchange(ref float target, float compare, float value) => Atomic.CompareExchange(ref target, compare, value);

        public bool IsSame(float left, float right) => Interop.FloatAsInt(left) == Interop.FloatAsInt(right);
    }

    internal readonly struct LargerMagnitude : IAtomicOperation<float>
    {
        public float Operation(float current, float value) => IntrinsicMath.Abs(value) > IntrinsicMath.Abs(current) ? value : current;
    }

    static void MakeAtomicKernel(Index1D index, ArrayView<double> products, ArrayView<int> sums, ArrayView<float> extremes)
    {
        Atomic.MakeAtomic(ref products[index % 2], index % 3 == 0 ? 2.0 : 0.5, new MultiplyDouble(), new CompareExchangeDouble());
        Atomic.MakeAtomic(ref sums[0], (int)index * 10, new SaturatingAdd(), new CompareExchangeInt32());
        Atomic.MakeAtomic(ref extremes[0], index % 2 == 0 ? index.X : -index.X, new LargerMagnitude(), new ReinterpretFloat());
    }

    static void SpinlessMaxKernel(Index1D index, ArrayView<float> data, ArrayView<int> bits)
    {
        int mine = Interop.FloatAsInt(data[index]) is var raw ? (int)raw : 0;
        int seen = bits[0];
        while (mine > seen)
        {
            int before = Atomic.CompareExchange(ref bits[0], seen, mine);
            if (before == seen)
                break;
            seen = before;
        }
    }

    static void StructFieldKernel(Index1D index, ArrayView<Counter> counters)
    {
        Atomic.Add(ref counters[index % 3].Count, 1);
        Atomic.Max(ref counters[index % 3].Largest, (long)index.X);
    }

    internal struct Counter
    {
        public int Count;
        public long Largest;
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            int[] data = Scattered(48);
            int[] signed = [.. data.Select(value => value - 50)];
            yield return Implicit("Atomic.Int32", Int32Kernel, new Index1D(48), In(signed), InOut<int>([5, -1000, 1000, -1, 0, 0, 0],
                [5 + signed.Sum(), signed.Max(), signed.Min(), signed.Aggregate(-1, (r, v) => r & ~(1 << (v & 7))),
                signed.Aggregate(0, (r, v) => r | 1 << (v & 15)), signed.Aggregate(0, (r, v) => r ^ v), -48]));
            uint[] uints = [.. data.Select(value => (uint)value * 40_000_000u)];
            yield return Implicit("Atomic.UInt32", UInt32Kernel, new Index1D(48), In(uints),
                InOut<uint>([0, 0, uint.MaxValue, uint.MaxValue, 0, 0],
                [uints.Aggregate(0u, (r, v) => unchecked(r + v)), uints.Max(), uints.Min(),
                uints.Aggregate(uint.MaxValue, (r, v) => r & (v | 0xffff0000u)), uints.Aggregate(0u, (r, v) => r | v),
                uints.Aggregate(0u, (r, v) => r ^ v)]));
            long[] longs = [.. signed.Select(value => value * 12_345_678_901L)];
            yield return Implicit("Atomic.Int64", Int64Kernel, new Index1D(48), In(longs),
                InOut<long>([0, long.MinValue, long.MaxValue, -1, 0, 0],
                [longs.Sum(), longs.Max(), longs.Min(), longs.Aggregate(-1L, (r, v) => r & v), longs.Aggregate(0L, (r, v) => r | v),
                longs.Aggregate(0L, (r, v) => r ^ v)]));
            ulong[] ulongs = [.. data.Select(value => (ulong)value << 57 | (uint)value)];
            yield return Implicit("Atomic.UInt64", UInt64Kernel, new Index1D(48), In(ulongs),
                InOut<ulong>([0, 0, ulong.MaxValue, ulong.MaxValue, 0, 0],
                [ulongs.Aggregate(0ul, (r, v) => unchecked(r + v)), ulongs.Max(), ulongs.Min(),
                ulongs.Aggregate(ulong.MaxValue, (r, v) => r & v), ulongs.Aggregate(0ul, (r, v) => r | v),
                ulongs.Aggregate(0ul, (r, v) => r ^ v)]));
            // Sums of sixteenths are exact in any order.
            float[] floats = Fractions(48);
            yield return Implicit("Atomic.Float", FloatKernel, new Index1D(48), In(floats),
                InOut<float>([1, -100, 100], [1 + floats.Sum(), floats.Max(), floats.Min()]),
                InOut<double>([2, -100, 100], [2 + floats.Sum(value => (double)value), floats.Max(), floats.Min()]));
            yield return Implicit("Atomic.Exchange", ExchangeKernel, new Index1D(8),
                InOut(Fill(16, i => 10 * i), Fill(16, i => i < 8 ? 10 * (i + 8) : i - 8)),
                InOut(Fill(16, i => 10u * (uint)i), Fill(16, i => (uint)(i < 8 ? 10 * (i + 8) : i - 8))),
                InOut(Fill(16, i => 10L * i), Fill(16, i => i < 8 ? 10L * (i + 8) : 8 - i)),
                InOut(Fill(16, i => 10ul * (ulong)i), Fill(16, i => (ulong)(i < 8 ? 10 * (i + 8) : i - 8))),
                InOut(Fill(16, i => 10f * i), Fill(16, i => i < 8 ? 10f * (i + 8) : i - 8)),
                InOut(Fill(16, i => 10.0 * i), Fill(16, i => i < 8 ? 10.0 * (i + 8) : i - 8)));
            int Swapped(int i) => i < 8 ? i : i == 11 ? 100 : i - 8;
            int Before(int i) => i % 8;
            yield return Implicit("Atomic.CompareExchange", CompareExchangeKernel, new Index1D(8),
                InOut(Fill(16, Before), Fill(16, Swapped)), InOut(Fill(16, i => (uint)Before(i)), Fill(16, i => (uint)Swapped(i))),
                InOut(Fill(16, i => (long)Before(i)), Fill(16, i => (long)Swapped(i))),
                InOut(Fill(16, i => (ulong)Before(i)), Fill(16, i => (ulong)Swapped(i))),
                InOut(Fill(16, i => (float)Before(i)), Fill(16, i => (float)Swapped(i))),
                InOut(Fill(16, i => (double)Before(i)), Fill(16, i => (double)Swapped(i))));
            byte[] bytes = [.. Scattered(100).Select(value => (byte)(value * 5))];
            yield return Implicit("Atomic.Histogram", HistogramKernel, new Index1D(100), In(bytes),
                Out(Bins, bin => bytes.Count(value => value % Bins == bin)));
            yield return Explicit("Atomic.SharedHistogram", SharedHistogramKernel, new KernelConfig(2, 12), In(bytes),
                Out(Bins, bin => (uint)bytes.Count(value => value >> 4 == bin)));
            yield return Implicit("Atomic.Compact", CompactKernel, new Index1D(48), In(data), Out(data.Count(value => value >= 50)),
                Out(100, i => i >= 50 && data.Contains(i) ? 1 : 0));
            yield return Implicit("Atomic.MakeAtomic", MakeAtomicKernel, new Index1D(24),
                InOut([1.0, 1.0], Fill(2, half => Fill(12, i => (2 * i + half) % 3 == 0 ? 2.0 : .5).Aggregate(1.0, (r, v) => r * v))),
                Out(1000), Out(-23f));
            yield return Implicit("Atomic.CompareExchangeLoop", SpinlessMaxKernel, new Index1D(48), In([.. floats.Select(Math.Abs)]),
                Out(BitConverter.SingleToInt32Bits(floats.Max(Math.Abs))));
            yield return Implicit("Atomic.StructField", StructFieldKernel, new Index1D(20),
                Out(new Counter { Count = 7, Largest = 18 }, new Counter { Count = 7, Largest = 19 },
                new Counter { Count = 6, Largest = 17 }));
        }
    }
}
