namespace Dalle2.IlgpuKernels;

/// <summary>Warps of 32: shuffles, broadcasts, and the reductions and scans that programs make of them.</summary>
public sealed class WarpKernels : KernelFamily
{
    const int Lanes = 32;

    static void IndicesKernel(ArrayView<int> result)
    {
        int place = Grid.GlobalLinearIndex;
        result[place] = Warp.LaneIdx + 100 * Warp.WarpIdx + (Warp.IsFirstLane ? 10000 : 0) + (Warp.IsLastLane ? 20000 : 0) + 100000
            * Warp.WarpSize;
    }

    static void ShuffleKernel(ArrayView<int> data, ArrayView<int> result)
    {
        int value = data[Group.IdxX];
        result[Group.IdxX] = Warp.Shuffle(value, Warp.WarpSize - 1 - Warp.LaneIdx) + 1000 * Warp.Shuffle(value, 5);
    }

    static void NeighborsKernel(ArrayView<int> data, ArrayView<int> down, ArrayView<int> up, ArrayView<int> exchanged)
    {
        int lane = Group.IdxX, value = data[lane];
        int below = Warp.ShuffleDown(value, 2), above = Warp.ShuffleUp(value, 3);
        down[lane] = lane + 2 < Warp.WarpSize ? below : -1;
        up[lane] = lane >= 3 ? above : -1;
        exchanged[lane] = Warp.ShuffleXor(value, 5);
    }

    static void SubWarpKernel(ArrayView<int> data, ArrayView<int> result)
    {
        int lane = Group.IdxX;
        int value = data[lane];
        for (int offset = 4; offset > 0; offset /= 2)
            value += Warp.ShuffleXor(value, offset, 8);
        // Relative to the part of the warp or to all of it: ILGPU's accelerators differ, so a lane that is the same either way.
        int shared = Warp.Shuffle(data[lane], lane / 8 * 8 + 1, 8);
        result[lane] = value + 10000 * shared;
    }

    static void SubWarpShiftKernel(ArrayView<int> data, ArrayView<int> result)
    {
        int lane = Group.IdxX;
        int below = Warp.ShuffleDown(data[lane], 1, 16), above = Warp.ShuffleUp(data[lane], 1, 16);
        result[lane] = (lane % 16 < 15 ? below : 0) + 1000 * (lane % 16 > 0 ? above : 0);
    }

    static void BroadcastKernel(ArrayView<double> data, ArrayView<double> result)
    {
        double value = data[Group.IdxX];
        Warp.Barrier();
        result[Group.IdxX] = Warp.Broadcast(value, 7) - value;
    }

    static void WideShuffleKernel(ArrayView<long> data, ArrayView<long> result)
    {
        long value = data[Group.IdxX];
        result[Group.IdxX] = Warp.ShuffleXor(value, 1) - value;
    }

    static void FloatSumKernel(ArrayView<float> data, ArrayView<float> sums)
    {
        float sum = data[Grid.GlobalLinearIndex];
        for (int offset = Warp.WarpSize / 2; offset > 0; offset >>= 1)
            sum += Warp.ShuffleDown(sum, offset);
        if (Warp.IsFirstLane)
            Atomic.Add(ref sums[Grid.IdxX], sum);
    }

    static void TwoLevelSumKernel(ArrayView<int> data, ArrayView<int> total)
    {
        var partial = SharedMemory.Allocate<int>(Lanes);
        int sum = 0;
        for (int i = Group.IdxX; i < data.Length; i += Group.DimX)
            sum += data[i];
        for (int mask = 16; mask > 0; mask >>= 1)
            sum += Warp.ShuffleXor(sum, mask);
        if (Warp.LaneIdx == 0)
            partial[Warp.WarpIdx] = sum;
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            for (int warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
                total[0] += partial[warp];
        }
    }

    static void WarpScanKernel(ArrayView<int> data, ArrayView<int> scanned)
    {
        int lane = Warp.LaneIdx, sum = data[Group.IdxX];
        for (int offset = 1; offset < Warp.WarpSize; offset *= 2)
        {
            int other = Warp.ShuffleUp(sum, offset);
            if (lane >= offset)
                sum += other;
        }
        scanned[Group.IdxX] = sum;
    }

    internal struct Pixel
    {
        public float Red;
        public float Green;
        public int Alpha;
    }

    static void StructShuffleKernel(ArrayView<Pixel> data, ArrayView<Pixel> result)
    {
        result[Group.IdxX] = Warp.Shuffle(data[Group.IdxX], (Warp.LaneIdx + 1) % Warp.WarpSize);
    }

    static void SmallTypesKernel(ArrayView<short> shorts, ArrayView<byte> bytes, ArrayView<int> result)
    {
        short neighbor = (short)Warp.ShuffleXor((int)shorts[Group.IdxX], 1);
        byte far = (byte)Warp.Shuffle((uint)bytes[Group.IdxX], 31 - Warp.LaneIdx);
        result[Group.IdxX] = neighbor * 1000 + far;
    }

    public override IEnumerable<KernelCase> Cases => WarpCases.Select(kernelCase => kernelCase with { NeedsWarps = true });

    static IEnumerable<KernelCase> WarpCases
    {
        get
        {
            int[] data = Scattered(Lanes);
            var one = new KernelConfig(1, Lanes);
            yield return Explicit("Warp.Indices", IndicesKernel, new KernelConfig(1, 2 * Lanes),
                Out(64, i => i % 32 + 100 * (i / 32) + (i % 32 == 0 ? 10000 : i % 32 == 31 ? 20000 : 0) + 3_200_000));
            yield return Explicit("Warp.Shuffle", ShuffleKernel, one, In(data), Out(Lanes, i => data[31 - i] + 1000 * data[5]));
            yield return Explicit("Warp.Neighbors", NeighborsKernel, one, In(data), Out(Lanes, i => i < 30 ? data[i + 2] : -1),
                Out(Lanes, i => i >= 3 ? data[i - 3] : -1), Out(Lanes, i => data[i ^ 5]));
            yield return Explicit("Warp.SubWarp", SubWarpKernel, one, In(data),
                Out(Lanes, i => data.Skip(i / 8 * 8).Take(8).Sum() + 10000 * data[i / 8 * 8 + 1]));
            yield return Explicit("Warp.SubWarpShift", SubWarpShiftKernel, one, In(data),
                Out(Lanes, i => (i % 16 < 15 ? data[i + 1] : 0) + 1000 * (i % 16 > 0 ? data[i - 1] : 0)));
            yield return Explicit("Warp.Broadcast", BroadcastKernel, one, In([.. data.Select(value => value / 3.0)]),
                Out(Lanes, i => data[7] / 3.0 - data[i] / 3.0));
            yield return Explicit("Warp.Shuffle64", WideShuffleKernel, one, In([.. data.Select(value => value * 10_000_000_001L)]),
                Out(Lanes, i => (data[i ^ 1] - data[i]) * 10_000_000_001L));
            float[] floats = Fractions(128);
            yield return Explicit("Warp.FloatSum", FloatSumKernel, new KernelConfig(2, 2 * Lanes), In(floats),
                Out(2, i => floats.Skip(64 * i).Take(64).Sum()));
            yield return Explicit("Warp.TwoLevelSum", TwoLevelSumKernel, new KernelConfig(1, 2 * Lanes), In(Scattered(200)),
                Out(Scattered(200).Sum()));
            yield return Explicit("Warp.Scan", WarpScanKernel, new KernelConfig(1, 2 * Lanes), In(Scattered(64)),
                Out(64, i => Scattered(64).Skip(i / 32 * 32).Take(i % 32 + 1).Sum()));
            Pixel[] pixels = Fill(Lanes, i => new Pixel { Red = i / 2f, Green = -i, Alpha = 3 * i });
            yield return Explicit("Warp.ShuffleStruct", StructShuffleKernel, one, In(pixels), Out(Lanes, i => pixels[(i + 1) % Lanes]));
            yield return Explicit("Warp.ShuffleSmall", SmallTypesKernel, one, In([.. data.Select(value => (short)(value - 50))]),
                In([.. data.Select(value => (byte)(value * 2))]),
                Out(Lanes, i => (data[i ^ 1] - 50) * 1000 + data[31 - i] * 2));
        }
    }
}
