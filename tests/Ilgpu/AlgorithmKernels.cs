using ILGPU.Algorithms.Random;
using ILGPU.Algorithms.ScanReduceOperations;

namespace Dalle2.IlgpuKernels;

/// <summary>What ILGPU.Algorithms offers within kernels: reductions and scans of groups and warps, and random numbers.</summary>
public sealed class AlgorithmKernels : KernelFamily
{
    const int GroupSize = 64;

    static void GroupReduceKernel(ArrayView<int> data, ArrayView<int> sums)
    {
        int sum = GroupExtensions.Reduce<int, AddInt32>(data[Grid.GlobalIndex.X]);
        if (Group.IsFirstThread)
            sums[Grid.IdxX] = sum;
    }

    static void GroupAllReduceKernel(ArrayView<float> data, ArrayView<float> centered)
    {
        float value = data[Group.IdxX];
        float largest = GroupExtensions.AllReduce<float, MaxFloat>(value);
        float smallest = GroupExtensions.AllReduce<float, MinFloat>(value);
        float sum = GroupExtensions.AllReduce<float, AddFloat>(value);
        centered[Group.IdxX] = value - (largest + smallest) / 2 + sum;
    }

    static void GroupScanKernel(ArrayView<int> data, ArrayView<int> exclusive, ArrayView<int> inclusive)
    {
        int value = data[Group.IdxX];
        exclusive[Group.IdxX] = GroupExtensions.ExclusiveScan<int, AddInt32>(value);
        Group.Barrier();
        inclusive[Group.IdxX] = GroupExtensions.InclusiveScan<int, AddInt32>(value);
    }

    static void ScanBoundariesKernel(ArrayView<int> data, ArrayView<int> exclusive, ArrayView<int> boundaries)
    {
        int value = data[Group.IdxX];
        exclusive[Group.IdxX] = GroupExtensions.ExclusiveScanWithBoundaries<int, AddInt32>(value, out ScanBoundaries<int> bounds);
        Group.Barrier();
        int running = GroupExtensions.InclusiveScanWithBoundaries<int, MaxInt32>(value, out ScanBoundaries<int> maxima);
        if (Group.IsFirstThread)
        {
            // The exclusive scan's left boundary is another on ILGPU's CPU accelerator than on its others.
            boundaries[0] = bounds.RightBoundary;
            boundaries[1] = maxima.LeftBoundary;
            boundaries[2] = maxima.RightBoundary;
        }
        if (Group.IsLastThread)
            boundaries[3] = running;
    }

    static void TiledScanKernel(ArrayView<int> data, ArrayView<int> scanned)
    {
        int leading = 0;
        for (int start = 0; start < data.Length; start += Group.DimX)
        {
            int place = start + Group.IdxX;
            int value = place < data.Length ? data[place] : 0;
            int mine = GroupExtensions.ExclusiveScanWithBoundaries<int, AddInt32>(value, out var bounds);
            if (place < data.Length)
                scanned[place] = leading + mine;
            leading = GroupExtensions.ExclusiveScanNextIteration<int, AddInt32>(leading, bounds.RightBoundary, value);
            Group.Barrier();
        }
    }

    static void WarpReduceKernel(ArrayView<int> data, ArrayView<int> result)
    {
        int value = data[Group.IdxX];
        int sum = WarpExtensions.AllReduce<int, AddInt32>(value);
        int largest = WarpExtensions.Reduce<int, MaxInt32>(value);
        result[Group.IdxX] = Warp.IsFirstLane ? largest : sum;
    }

    static void WarpScansKernel(ArrayView<int> data, ArrayView<int> exclusive, ArrayView<int> inclusive)
    {
        exclusive[Group.IdxX] = WarpExtensions.ExclusiveScan<int, AddInt32>(data[Group.IdxX]);
        inclusive[Group.IdxX] = WarpExtensions.InclusiveScan<int, AddInt32>(data[Group.IdxX]);
    }

    static void ReduceManyTypesKernel(ArrayView<long> longs, ArrayView<double> doubles, ArrayView<uint> uints, ArrayView<double> result)
    {
        long sum = GroupExtensions.Reduce<long, AddInt64>(longs[Group.IdxX]);
        Group.Barrier();
        double largest = GroupExtensions.Reduce<double, MaxDouble>(doubles[Group.IdxX]);
        Group.Barrier();
        uint smallest = GroupExtensions.Reduce<uint, MinUInt32>(uints[Group.IdxX]);
        if (Group.IsFirstThread)
        {
            result[0] = sum;
            result[1] = largest;
            result[2] = smallest;
        }
    }

    internal readonly struct OrUInt32 : IScanReduceOperation<uint>
    {
        public string CLCommand => "";

        public uint Identity => 0;

        public uint Apply(uint first, uint second) => first | second;

        public void AtomicApply(ref uint target, uint value) => Atomic.Or(ref target, value);
    }

    static void OwnOperationKernel(ArrayView<uint> data, ArrayView<uint> result)
    {
        uint all = GroupExtensions.AllReduce<uint, OrUInt32>(data[Group.IdxX]);
        result[Group.IdxX] = all ^ data[Group.IdxX];
    }

    static void XorShiftKernel(Index1D index, ArrayView<XorShift64Star> generators, ArrayView<int> ints, ArrayView<long> longs)
    {
        XorShift64Star generator = generators[index];
        ints[index] = generator.Next();
        longs[index] = generator.NextLong();
        generators[index] = generator;
    }

    static void XorShiftFloatKernel(Index1D index, ArrayView<float> floats, ArrayView<uint> uints, uint seed)
    {
        var generator = new XorShift128(seed + (uint)index.X, 362436069, 521288629, 88675123);
        uints[index] = generator.NextUInt();
        float sum = 0;
        for (int i = 0; i < 4; i++)
            sum += generator.NextFloat();
        floats[index] = sum;
    }

    static void MonteCarloKernel(Index1D index, ArrayView<int> hits, int samples)
    {
        var generator = new XorShift32((uint)index.X * 747796405u + 2891336453u);
        int inside = 0;
        for (int i = 0; i < samples; i++)
        {
            float x = generator.NextFloat(), y = generator.NextFloat();
            if (x * x + y * y <= 1)
                inside++;
        }
        Atomic.Add(ref hits[0], inside);
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            var warps = new KernelConfig(1, GroupSize);
            int[] data = Scattered(128);
            int[] first = data[..64];
            yield return Explicit("Algorithm.GroupReduce", GroupReduceKernel, new KernelConfig(2, GroupSize), In(data),
                Out(2, i => data.Skip(64 * i).Take(64).Sum())) with
            { NeedsWarps = true };
            float[] floats = Fractions(64);
            yield return Explicit("Algorithm.GroupAllReduce", GroupAllReduceKernel, warps, In(floats),
                Out(64, i => floats[i] - (floats.Max() + floats.Min()) / 2 + floats.Sum())) with
            { NeedsWarps = true };
            yield return Explicit("Algorithm.GroupScans", GroupScanKernel, warps, In(first), Out(64, i => first.Take(i).Sum()),
                Out(64, i => first.Take(i + 1).Sum())) with
            { NeedsWarps = true };
            yield return Explicit("Algorithm.ScanBoundaries", ScanBoundariesKernel, warps, In(first), Out(64, i => first.Take(i).Sum()),
                Out(first[..63].Sum(), first[0], first.Max(), first.Max())) with
            { NeedsWarps = true };
            int[] line = Scattered(150);
            yield return Explicit("Algorithm.TiledScan", TiledScanKernel, warps, In(line),
                Out(150, i => line.Take(i).Sum())) with
            { NeedsWarps = true };
            yield return Explicit("Algorithm.WarpReduce", WarpReduceKernel, warps, In(first),
                Out(64, i => i % 32 == 0 ? first.Skip(i).Take(32).Max() : first.Skip(i / 32 * 32).Take(32).Sum())) with
            {
                NeedsWarps =
                true
            };
            yield return Explicit("Algorithm.WarpScans", WarpScansKernel, warps, In(first),
                Out(64, i => first.Skip(i / 32 * 32).Take(i % 32).Sum()),
                Out(64, i => first.Skip(i / 32 * 32).Take(i % 32 + 1).Sum())) with
            { NeedsWarps = true };
            long[] longs = [.. first.Select(value => value * 10_000_000_000L)];
            yield return Explicit("Algorithm.ReduceTypes", ReduceManyTypesKernel, warps, In(longs),
                In([.. first.Select(value => value / 7.0)]), In([.. first.Select(value => (uint)value + 3_000_000_000u)]),
                Out<double>(longs.Sum(), first.Max() / 7.0, 3_000_000_000.0 + first.Min())) with
            { NeedsWarps = true };
            uint[] bits = [.. first.Select((value, i) => 1u << value % 20)];
            yield return Explicit("Algorithm.OwnReduction", OwnOperationKernel, warps, In(bits),
                Out(64, i => bits.Aggregate((a, b) => a | b) ^ bits[i])) with
            { NeedsWarps = true };

            XorShift64Star[] seeds = Fill(12, i => new XorShift64Star(0x9E3779B97F4A7C15ul * (ulong)(i + 1)));
            var ints = new int[12];
            var wide = new long[12];
            XorShift64Star[] advanced = Fill(12, i =>
            {
                XorShift64Star generator = seeds[i];
                ints[i] = generator.Next();
                wide[i] = generator.NextLong();
                return generator;
            });
            yield return Implicit("Random.XorShift64Star", XorShiftKernel, new Index1D(12), InOut(seeds, advanced), Out(ints), Out(wide));
            yield return Implicit("Random.XorShift128", XorShiftFloatKernel, new Index1D(12), Out(12, i =>
            {
                var generator = new XorShift128(17 + (uint)i, 362436069, 521288629, 88675123);
                generator.NextUInt();
                return generator.NextFloat() + generator.NextFloat() + generator.NextFloat() + generator.NextFloat();
            }), Out(12, i => new XorShift128(17 + (uint)i, 362436069, 521288629, 88675123).NextUInt()), 17u);
            yield return Implicit("Random.MonteCarlo", MonteCarloKernel, new Index1D(16), Out(Enumerable.Range(0, 16).Sum(i =>
            {
                var generator = new XorShift32((uint)i * 747796405u + 2891336453u);
                return Enumerable.Range(0, 20).Count(_ =>
                {
                    float x = generator.NextFloat(), y = generator.NextFloat();
                    return x * x + y * y <= 1;
                });
            })), 20);
        }
    }
}
