
namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Kernels about what threads do together and about the types beside float and int.</summary>
static class DialectKernels
{
    public static void Histogram(Index1D i, ArrayView<int> x, ArrayView<int> bins)
    {
        // What was there before depends on the order in which threads come.
        int old = Atomic.Add(ref bins[x[i] & 7], i);
        Atomic.Max(ref bins[8], old < 0 ? 1000 : x[i]);
        Atomic.Min(ref bins[9], x[i]);
        Atomic.Or(ref bins[10], 1 << (i & 31));
        Atomic.And(ref bins[11], ~(1 << (i & 31)));
        Atomic.Xor(ref bins[12], x[i] * 7);
        Atomic.CompareExchange(ref bins[13], i, i + 1);
    }

    public static void Atomics<T, TAtomics>(ArrayView<T> x, ArrayView<T> y, TAtomics atomics)
        where T : unmanaged
        where TAtomics : unmanaged, IAtomics<T>
    {
        // Each thread has an element of its own: in which order threads come to a common one differs between devices.
        ArrayView<T> shared = SharedMemory.Allocate<T>(40);
        int i = Group.IdxX;
        shared[i] = y[i];
        Group.Barrier();
        T old = atomics.Apply(ref shared[i], x[i], x[(i + 1) % 40]);
        atomics.Apply(ref y[i], old, x[i]);
        Group.Barrier();
        y[40 + i] = shared[39 - i];
    }

    public interface IAtomics<T>
        where T : unmanaged
    {
        T Apply(ref T target, T value, T other);
    }

    public struct OfInt : IAtomics<int>
    {
        public readonly int Apply(ref int target, int value, int other) =>
            Atomic.Add(ref target, value) + Atomic.Exchange(ref target, other) + Atomic.Min(ref target, value)
            + Atomic.CompareExchange(ref target, other, value)
            + Atomic.Max(ref target, other) + Atomic.And(ref target, value | 1) + Atomic.Or(ref target, 6) + Atomic.Xor(ref target, other);
    }

    public struct OfUInt : IAtomics<uint>
    {
        public readonly uint Apply(ref uint target, uint value, uint other) =>
            Atomic.Add(ref target, value) + Atomic.Exchange(ref target, other) + Atomic.Min(ref target, value)
            + Atomic.CompareExchange(ref target, other, value)
            + Atomic.Max(ref target, other) + Atomic.And(ref target, value | 1) + Atomic.Or(ref target, 6) + Atomic.Xor(ref target, other);
    }

    public struct OfLong : IAtomics<long>
    {
        public readonly long Apply(ref long target, long value, long other) =>
            Atomic.Add(ref target, value) + Atomic.Exchange(ref target, other) + Atomic.Min(ref target, value)
            + Atomic.CompareExchange(ref target, other, value)
            + Atomic.Max(ref target, other) + Atomic.And(ref target, value | 1) + Atomic.Or(ref target, 6) + Atomic.Xor(ref target, other);
    }

    public struct OfULong : IAtomics<ulong>
    {
        public readonly ulong Apply(ref ulong target, ulong value, ulong other) =>
            Atomic.Add(ref target, value) + Atomic.Exchange(ref target, other) + Atomic.Min(ref target, value)
            + Atomic.CompareExchange(ref target, other, value)
            + Atomic.Max(ref target, other) + Atomic.And(ref target, value | 1) + Atomic.Or(ref target, 6) + Atomic.Xor(ref target, other);
    }

    public struct OfFloat : IAtomics<float>
    {
        public readonly float Apply(ref float target, float value, float other) =>
            Atomic.Add(ref target, value) + Atomic.Exchange(ref target, other) + Atomic.CompareExchange(ref target, other, value)
            + Atomic.CompareExchange(ref target, other, 1f);
    }

    public struct OfDouble : IAtomics<double>
    {
        public readonly double Apply(ref double target, double value, double other) =>
            Atomic.Add(ref target, value) + Atomic.Exchange(ref target, other) + Atomic.CompareExchange(ref target, other, value)
            + Atomic.CompareExchange(ref target, other, 1);
    }

    public static void Shuffles<T>(ArrayView<T> x, ArrayView<T> y)
        where T : unmanaged
    {
        int at = Grid.IdxX * Group.DimX + Group.LinearIndex, n = Grid.DimX * Group.DimX;
        T own = x[at];
        y[at] = Warp.Shuffle(own, (at * 5 + 3) % 40 - 4);
        y[at + n] = Warp.ShuffleDown(own, 3);
        y[at + 2 * n] = Warp.ShuffleUp(own, 2);
        y[at + 3 * n] = Warp.ShuffleXor(own, 5);
        y[at + 4 * n] = Warp.Broadcast(own, 1);
        y[at + 5 * n] = Warp.ShuffleDown(own, 3, 8);
        y[at + 6 * n] = Warp.ShuffleUp(own, 1, 4);
        y[at + 7 * n] = Warp.ShuffleXor(own, 3, 2);
        y[at + 8 * n] = Warp.Shuffle(own, 3, 4);
        y[at + 9 * n] = Group.Broadcast(own, 2);
    }

    public static void WarpSum(ArrayView<float> x, ArrayView<float> sums)
    {
        ArrayView<float> parts = SharedMemory.Allocate<float>(2);
        float sum = x[Grid.IdxX * Group.DimX + Group.IdxX];
        for (int delta = Warp.WarpSize / 2; delta > 0; delta /= 2)
            sum += Warp.ShuffleDown(sum, delta);
        if (Warp.IsFirstLane)
            parts[Warp.WarpIdx] = sum;
        Warp.Barrier();
        MemoryFence.GroupLevel();
        Group.Barrier();
        if (Group.IsFirstThread)
            sums[Grid.IdxX] = parts[0] + parts[1];
    }

    public static void Votes(ArrayView<int> x, ArrayView<int> y)
    {
        int at = Grid.IdxX * Group.DimX + Group.IdxX;
        int all = Group.BarrierAnd(x[at] > -3) ? 1 : 0, any = Group.BarrierOr(x[at] > 30) ? 2 : 0;
        y[at] = all + any + 4 * Group.BarrierPopCount((x[at] & 1) != 0) + (Warp.IsLastLane ? 1000 : 0);
    }

    public static void Specialized(Index1D i, ILGPU.Runtime.SpecializedValue<int> turns, ArrayView<float> x,
        ILGPU.Runtime.SpecializedValue<Pair> pair)
    {
        float sum = 0f;
        for (int t = 0; t < turns; t++)
            sum += x[i] * pair.Value.Scale;
        x[i] = sum + pair.Value.Bias;
    }

    public readonly record struct Pair(float Scale, float Bias);

    public static void Halves(Index1D i, ArrayView<Half> x, ArrayView<Half> y, ArrayView<int> z, Half scale)
    {
        Half a = x[i], b = x[(i * 7 + 3) % x.IntLength];
        int at = i * 20;
        y[at] = a + b;
        y[at + 1] = a - b;
        y[at + 2] = a * scale;
        y[at + 3] = a / b;
        y[at + 4] = -a;
        y[at + 5] = (Half)((float)a * 3.14159f);
        y[at + 6] = (Half)((double)a * 1.0009765);
        y[at + 7] = (Half)z[i];
        y[at + 8] = Half.Abs(a);
        y[at + 9] = a > b ? Half.One : Half.MaxValue;
        y[at + 10] = ++a;
        y[at + 11] = (Half)(byte)z[i];
        y[at + 12] = (Half)(long)z[i];
        y[at + 13] = (Half)(uint)z[i];
        y[at + 14] = Half.Sqrt(b);
        y[at + 15] = BitConverter.UInt16BitsToHalf((ushort)(z[i] & 0x7BFF));
        y[at + 16] = Table.First;
        y[at + 17] = (Half)(1.0 + z[i] * 4.8828125e-4 + 1e-12);
        int to = at + 20; // behind what other threads read
        z[to + 0] = (int)a;
        z[to + 1] = (byte)b;
        z[to + 2] = (short)a;
        z[to + 3] = (int)(uint)b;
        z[to + 4] = (int)(long)a;
        z[to + 5] = a < b ? 1 : 0;
        z[to + 6] = a <= b ? 1 : 0;
        z[to + 7] = a == b ? 1 : 0;
        z[to + 8] = a != b ? 1 : 0;
        z[to + 9] = a >= b ? 1 : 0;
        z[to + 10] = Half.IsNaN(a) ? 1 : 0;
        z[to + 11] = Half.IsInfinity(a) ? 1 : 0;
        z[to + 12] = BitConverter.HalfToUInt16Bits(a);
        z[to + 13] = (sbyte)(float)b;
    }

    static class Table
    {
        public static readonly Half First = (Half)0.1f;
    }
}
