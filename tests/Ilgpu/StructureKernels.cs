namespace Dalle2.IlgpuKernels;

/// <summary>Less usual shapes of data: records, tuples, nullable values, fixed buffers, arrays of structs, and views turned into others.</summary>
public sealed class StructureKernels : KernelFamily
{
    internal readonly record struct Item(int Key, float Value);

    internal unsafe struct Digits
    {
        public fixed int Values[4];
        public int Sum;
    }

    internal struct Mixed
    {
        public byte Tag;
        public long Wide;
        public short Narrow;
    }

    static void RecordKernel(Index1D index, ArrayView<Item> items) => items[index] = new Item(index, .5f * index) with { Key = -index.X };

    static void TupleViewKernel(Index1D index, ArrayView<(int Left, float Right)> pairs, (int, float) added)
    {
        (int left, float right) = pairs[index];
        pairs[index] = (left + added.Item1, right * added.Item2);
    }

    static void NullableKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        int? even = data[index] % 2 == 0 ? data[index] : null;
        result[index] = even.HasValue ? even.GetValueOrDefault() / 2 : even ?? -1;
    }

    static unsafe void FixedBufferKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        var digits = default(Digits);
        int rest = data[index];
        for (int i = 0; i < 4; i++, rest /= 3)
            digits.Values[i] = rest % 3;
        for (int i = 0; i < 4; i++)
            digits.Sum = 10 * digits.Sum + digits.Values[i];
        result[index] = digits.Sum;
    }

    static void StructArrayKernel(Index1D index, ArrayView<int> data, ArrayView<long> result)
    {
        var slots = new Mixed[3];
        for (int i = 0; i < 6; i++)
        {
            slots[i % 3].Wide += data[index + i];
            slots[i % 3].Narrow--;
            slots[(i + index) % 3].Tag = (byte)i;
        }
        result[index] = slots[0].Wide * 10000 + slots[1].Wide * slots[1].Narrow + slots[2].Tag;
    }

    static void VolumeArrayKernel(Index1D index, ArrayView<int> result)
    {
        var cube = new int[2, 3, 2];
        for (int z = 0; z < 2; z++)
        {
            for (int y = 0; y < cube.GetLength(1); y++)
                cube[z, y, (y + z) & 1] = index + 10 * z + y;
        }
        result[index] = cube[0, 0, 0] + cube[1, 2, 1] * 100 + cube[1, 1, 1] + cube.Length;
    }

    static void ForeachKernel(Index1D index, ArrayView<int> result)
    {
        int sum = 0;
        foreach (int factor in new[] { 3, 1, 4, 1, 5 })
            sum = sum * 2 + factor * index;
        result[index] = sum;
    }

    static void GotoKernel(Index1D index, ArrayView<int> result)
    {
        int root = 0;
    again:
        if ((root + 1) * (root + 1) <= index)
        {
            root++;
            goto again;
        }
        result[index] = root;
    }

    static void ChooseReferenceKernel(Index1D index, ArrayView<int> even, ArrayView<int> odd)
    {
        ref int target = ref (index & 1) == 0 ? ref even[index / 2] : ref odd[index / 2];
        target += index;
    }

    static void FactorialKernel(Index1D index, ArrayView<int> result) => result[index] = Factorial(index);

    static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    static void TransposedViewKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> plane, ArrayView<int> result)
    {
        var turned = plane.AsTransposed();
        result[index.X * 3 + index.Y] = turned[index.Y, index.X] + plane.AsGeneral()[index] * 1000;
    }

    static void FlatAndDeepKernel(Index3D index, ArrayView1D<int, Stride1D.Dense> line, ArrayView<int> sums)
    {
        var volume = line.As3DDenseXYView(new LongIndex3D(2, 3, 2));
        volume[index] = index.X + 10 * index.Y + 100 * index.Z;
        Atomic.Add(ref sums[index.Z], line.Cast<int, uint>().IntLength + volume.IntExtent.Y);
    }

    static void PrefixAndRestKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        (ArrayView<int> prefix, ArrayView<int> main) = data.AlignTo(64);
        result[index] = prefix.IntLength + main.IntLength;
    }

    static void IndexCounterKernel(Index1D index, ArrayView<Index1D> counter) => Atomic.Add(ref counter[0], new Index1D(index + 1));

    static void BroadcastStructKernel(ArrayView<Item> items, ArrayView<Item> result) =>
        result[Grid.GlobalIndex.X] = Group.Broadcast(items[Grid.GlobalIndex.X], 5);

    static void DayKernel(Index1D index, ArrayView<int> result, DayOfWeek first) =>
        result[index] = ((int)first + index) % 7 == (int)DayOfWeek.Sunday ? 1 : 0;

    static void SizesKernel(Index1D index, ArrayView<int> result)
    {
        result[0] = Interop.SizeOf<Mixed>();
        result[1] = Interop.OffsetOf<Mixed>(nameof(Mixed.Wide));
        result[2] = Interop.OffsetOf<Mixed>(nameof(Mixed.Narrow));
        result[3] = Interop.SizeOf<Item>() + index;
    }

    internal readonly struct SumBody(ArrayView<int> data) : IGridStrideLoopBody<int>
    {
        public int Execute(Index1D linearIndex, int input) => input + data[linearIndex];
    }

    static void StrideLoopSumKernel(ArrayView<int> data, ArrayView<int> sum) =>
        Atomic.Add(ref sum[0], GridExtensions.GridStrideLoop(data.IntLength, 0, new SumBody(data)));

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            int[] data = Scattered(40);
            yield return Implicit("Structure.Record", RecordKernel, new Index1D(12), Out(12, i => new Item(-i, .5f * i)));
            (int, float)[] pairs = Fill(12, i => (i, i / 4f));
            yield return Implicit("Structure.Tuples", TupleViewKernel, new Index1D(12), InOut(pairs, Fill(12, i => (i + 7, i / 2f))),
                (7, 2f));
            yield return Implicit("Structure.Nullable", NullableKernel, new Index1D(40), In(data),
                Out(40, i => data[i] % 2 == 0 ? data[i] / 2 : -1));
            yield return Implicit("Structure.FixedBuffer", FixedBufferKernel, new Index1D(40), In(data),
                Out(40, i => data[i] % 3 * 1000 + data[i] / 3 % 3 * 100 + data[i] / 9 % 3 * 10 + data[i] / 27 % 3));
            yield return Implicit("Structure.StructArray", StructArrayKernel, new Index1D(20), In(data),
                Out(20, i => 10000L * (data[i] + data[i + 3]) - 2L * (data[i + 1] + data[i + 4]) + Enumerable.Range(0, 6)
                .Last(k => (k + i) % 3 == 2)));
            yield return Implicit("Structure.Array3D", VolumeArrayKernel, new Index1D(10), Out(10, i => i + 100 * (i + 12) + 12));
            yield return Implicit("Structure.Foreach", ForeachKernel, new Index1D(10), Out(10, i => i * (3 * 16 + 8 + 4 * 4 + 2 + 5)));
            yield return Implicit("Structure.Goto", GotoKernel, new Index1D(30), Out(30, i => (int)Math.Sqrt(i)));
            yield return Implicit("Structure.ReferenceTernary", ChooseReferenceKernel, new Index1D(20), Out(10, i => 2 * i),
                Out(10, i => 2 * i + 1));
            yield return Implicit("Structure.Recursion", FactorialKernel, new Index1D(11),
                Out(1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800));
            yield return Implicit("Structure.AsTransposed", TransposedViewKernel, new Index2D(4, 3), In(data[..12]).DenseX(4, 3),
                Out(12, i => 1001 * data[i / 3 + i % 3 * 4]));
            yield return Implicit("Structure.As3DView", FlatAndDeepKernel, new Index3D(2, 3, 2),
                Out(12, i => i % 2 + 10 * (i / 2 % 3) + 100 * (i / 6)).Dense, Out(90, 90));
            yield return Implicit("Structure.AlignTo", PrefixAndRestKernel, new Index1D(5), In(data), Out(40, 40, 40, 40, 40));
            yield return Implicit("Structure.AtomicIndex", IndexCounterKernel, new Index1D(20), Out(new Index1D(210)));
            Item[] items = Fill(16, i => new Item(i, i / 8f));
            yield return Explicit("Structure.BroadcastStruct", BroadcastStructKernel, new KernelConfig(2, 8), In(items),
                Out(16, i => items[i / 8 * 8 + 5]));
            yield return Implicit("Structure.EnumArgument", DayKernel, new Index1D(14), Out(14, i => i is 2 or 9 ? 1 : 0),
                DayOfWeek.Friday);
            yield return Implicit("Structure.Sizes", SizesKernel, new Index1D(1), Out(24, 8, 16, 8));
            yield return Explicit("Structure.StrideLoopSum", StrideLoopSumKernel, new KernelConfig(2, 8), In(data), Out(data.Sum()));
        }
    }
}
