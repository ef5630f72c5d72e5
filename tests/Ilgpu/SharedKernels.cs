namespace Dalle2.IlgpuKernels;

/// <summary>Shared memory, local memory, and barriers between the threads of a group.</summary>
public sealed class SharedKernels : KernelFamily
{
    const int Tile = 4;
    const int GroupSize = 32;

    static void TiledTransposeKernel(ArrayView2D<float, Stride2D.DenseX> source, ArrayView2D<float, Stride2D.DenseX> target)
    {
        var tile = SharedMemory.Allocate2D<float, Stride2D.DenseX>(new Index2D(Tile, Tile), new Stride2D.DenseX(Tile));
        int x = Grid.IdxX * Tile + Group.IdxX, y = Grid.IdxY * Tile + Group.IdxY;
        tile[Group.IdxX, Group.IdxY] = source[x, y];
        Group.Barrier();
        target[Grid.IdxY * Tile + Group.IdxX, Grid.IdxX * Tile + Group.IdxY] = tile[Group.IdxY, Group.IdxX];
    }

    static void TiledProductKernel(ArrayView2D<float, Stride2D.DenseX> a, ArrayView2D<float, Stride2D.DenseX> b, ArrayView2D<float,
        Stride2D.DenseX> c)
    {
        Index2D global = Grid.GlobalIndex.XY;
        int x = Group.IdxX, y = Group.IdxY;
        var tileA = SharedMemory.Allocate2D<float, Stride2D.General>(new Index2D(Tile, Tile), new Stride2D.General(new Index2D(1, Tile)));
        var tileB = SharedMemory.Allocate2D<float, Stride2D.General>(new Index2D(Tile, Tile), new Stride2D.General(new Index2D(1, Tile)));
        float sum = 0;
        for (int start = 0; start < a.IntExtent.X; start += Tile)
        {
            bool insideA = start + x < a.IntExtent.X && global.Y < a.IntExtent.Y;
            tileA[x, y] = insideA ? a[start + x, global.Y] : 0;
            tileB[x, y] = global.X < b.IntExtent.X && start + y < b.IntExtent.Y ? b[global.X, start + y] : 0;
            Group.Barrier();
            for (int k = 0; k < Tile; k++)
                sum += tileA[k, y] * tileB[x, k];
            Group.Barrier();
        }
        if (global.X < c.IntExtent.X && global.Y < c.IntExtent.Y)
            c[global] = sum;
    }

    static void ReduceKernel(ArrayView<int> data, ArrayView<int> sums)
    {
        var shared = SharedMemory.Allocate<int>(GroupSize);
        int place = Grid.GlobalIndex.X;
        shared[Group.IdxX] = place < data.Length ? data[place] : 0;
        Group.Barrier();
        for (int offset = Group.DimX / 2; offset > 0; offset >>= 1)
        {
            if (Group.IdxX < offset)
                shared[Group.IdxX] += shared[Group.IdxX + offset];
            Group.Barrier();
        }
        if (Group.IsFirstThread)
            sums[Grid.IdxX] = shared[0];
    }

    static void BlellochScanKernel(ArrayView<int> data, ArrayView<int> scanned)
    {
        ArrayView1D<int, Stride1D.Dense> temporary = SharedMemory.Allocate1D<int>(2 * GroupSize);
        int thread = Group.IdxX, offset = 1;
        temporary[2 * thread] = data[2 * thread];
        temporary[2 * thread + 1] = data[2 * thread + 1];
        for (int d = GroupSize; d > 0; d >>= 1)
        {
            Group.Barrier();
            if (thread < d)
                temporary[offset * (2 * thread + 2) - 1] += temporary[offset * (2 * thread + 1) - 1];
            offset *= 2;
        }
        if (thread == 0)
            temporary[2 * GroupSize - 1] = 0;
        for (int d = 1; d < 2 * GroupSize; d *= 2)
        {
            offset >>= 1;
            Group.Barrier();
            if (thread < d)
            {
                int left = offset * (2 * thread + 1) - 1, right = offset * (2 * thread + 2) - 1;
                (temporary[left], temporary[right]) = (temporary[right], temporary[right] + temporary[left]);
            }
        }
        Group.Barrier();
        scanned[2 * thread] = temporary[2 * thread];
        scanned[2 * thread + 1] = temporary[2 * thread + 1];
    }

    static void DynamicReverseKernel(ArrayView<int> data)
    {
        ArrayView<int> shared = SharedMemory.GetDynamic<int>();
        int place = Grid.GlobalIndex.X;
        shared[Group.IdxX] = data[place];
        Group.Barrier();
        data[place] = shared[shared.IntLength - 1 - Group.IdxX] + shared.IntLength;
    }

    static void DynamicAndStaticKernel(ArrayView<float> data, ArrayView<float> result)
    {
        ArrayView<float> dynamic = SharedMemory.GetDynamic<float>();
        ref int count = ref SharedMemory.Allocate<int>();
        if (Group.IsFirstThread)
            count = 0;
        Group.Barrier();
        float value = data[Grid.GlobalLinearIndex];
        dynamic[Group.IdxX] = value;
        if (value > 0)
            Atomic.Add(ref count, 1);
        Group.Barrier();
        result[Grid.GlobalLinearIndex] = count + dynamic[(Group.IdxX + 1) % Group.DimX];
    }

    static void Stencil3DKernel(ArrayView3D<int, Stride3D.DenseXY> source, ArrayView3D<int, Stride3D.DenseXY> target)
    {
        var block = SharedMemory.Allocate3D<int, Stride3D.DenseXY>(new Index3D(4, 4, 4), new Stride3D.DenseXY(4, 16));
        Index3D place = Group.Index;
        block[place] = source[place];
        Group.Barrier();
        int sum = 0;
        for (int z = -1; z <= 1; z++)
        {
            for (int y = -1; y <= 1; y++)
            {
                for (int x = -1; x <= 1; x++)
                {
                    Index3D neighbor = place + new Index3D(x, y, z);
                    if (neighbor.InBounds(new Index3D(4, 4, 4)))
                        sum += block[neighbor];
                }
            }
        }
        target[place] = sum;
    }

    static void PaddedColumnsKernel(ArrayView<int> data)
    {
        var tile = SharedMemory.Allocate2DDenseX<int>(new Index2D(9, 4));
        var turned = SharedMemory.Allocate2DDenseY<int>(new Index2D(4, 8));
        tile[Group.IdxX, Group.IdxY] = data[Group.LinearIndex];
        Group.Barrier();
        turned[Group.IdxY, Group.IdxX] = tile[7 - Group.IdxX, Group.IdxY];
        Group.Barrier();
        data[Group.LinearIndex] = turned.AsContiguous()[Group.LinearIndex] * 2;
    }

    internal struct Best
    {
        public float Value;
        public int Place;
    }

    static void ArgMaxKernel(ArrayView<float> data, ArrayView<Best> best)
    {
        var shared = SharedMemory.Allocate<Best>(GroupSize);
        int thread = Group.IdxX;
        Best mine = new Best { Value = float.MinValue, Place = -1 };
        for (int i = thread; i < data.Length; i += GroupSize)
        {
            if (data[i] > mine.Value)
                mine = new Best { Value = data[i], Place = i };
        }
        shared[thread] = mine;
        Group.Barrier();
        for (int offset = GroupSize / 2; offset > 0; offset /= 2)
        {
            if (thread < offset)
            {
                Best other = shared[thread + offset];
                if (other.Value > shared[thread].Value || (other.Value == shared[thread].Value && other.Place < shared[thread].Place))
                    shared[thread] = other;
            }
            Group.Barrier();
        }
        if (thread == 0)
            best[0] = shared[0];
    }

    static void MedianKernel(Index1D index, ArrayView<int> data, ArrayView<int> medians)
    {
        ArrayView<int> window = LocalMemory.Allocate<int>(5);
        for (int i = 0; i < 5; i++)
        {
            int value = data[XMath.Clamp(index + i - 2, 0, data.IntLength - 1)];
            int place = i;
            while (place > 0 && window[place - 1] > value)
            {
                window[place] = window[place - 1];
                place--;
            }
            window[place] = value;
        }
        medians[index] = window[2];
    }

    static void LocalMatrixKernel(Index1D index, ArrayView<float> data, ArrayView<float> traces)
    {
        var matrix = LocalMemory.Allocate2D<float, Stride2D.DenseX>(new Index2D(3, 3), new Stride2D.DenseX(3));
        var column = LocalMemory.Allocate1D<float>(3);
        for (int y = 0; y < 3; y++)
        {
            column[y] = data[index + y];
            for (int x = 0; x < 3; x++)
                matrix[x, y] = data[index + x] * column[y];
        }
        float trace = 0;
        for (int i = 0; i < 3; i++)
            trace += matrix[i, i] + matrix[i, 0];
        traces[index] = trace;
    }

    static void BarrierVotesKernel(ArrayView<int> data, ArrayView<int> votes)
    {
        int value = data[Grid.GlobalIndex.X];
        int positive = Group.BarrierPopCount(value > 0);
        bool all = Group.BarrierAnd(value >= 0);
        bool any = Group.BarrierOr(value == 99);
        int first = Group.Broadcast(value, 3);
        votes[Grid.GlobalIndex.X] = positive + (all ? 100 : 0) + (any ? 1000 : 0) + 10000 * first;
    }

    static void LastGroupKernel(ArrayView<int> partial, ArrayView<int> ticket, ArrayView<int> total)
    {
        ref int arrived = ref SharedMemory.Allocate<int>();
        if (Group.IsFirstThread)
        {
            partial[Grid.IdxX] = Grid.IdxX + 1;
            MemoryFence.DeviceLevel();
            arrived = Atomic.Add(ref ticket[0], 1);
        }
        Group.Barrier();
        if (arrived == Grid.DimX - 1 && Group.IsLastThread)
        {
            MemoryFence.GroupLevel();
            int sum = 0;
            for (int i = 0; i < Grid.DimX; i++)
                sum += partial[i];
            MemoryFence.SystemLevel();
            total[0] = sum;
        }
    }

    static void BitonicSortKernel(ArrayView<int> data)
    {
        var shared = SharedMemory.Allocate<int>(GroupSize);
        int thread = Group.IdxX;
        shared[thread] = data[thread];
        Group.Barrier();
        for (int size = 2; size <= GroupSize; size <<= 1)
        {
            for (int stride = size >> 1; stride > 0; stride >>= 1)
            {
                int partner = thread ^ stride;
                if (partner > thread)
                {
                    bool ascending = (thread & size) == 0;
                    int a = shared[thread], b = shared[partner];
                    if (ascending == a > b)
                    {
                        shared[thread] = b;
                        shared[partner] = a;
                    }
                }
                Group.Barrier();
            }
        }
        data[thread] = shared[thread];
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            float[] plane = Fractions(8 * 12);
            yield return Explicit("Shared.TiledTranspose", TiledTransposeKernel,
                new KernelConfig(new Index2D(2, 3), new Index2D(Tile, Tile)),
                In(plane).DenseX(8, 12), Out(96, i => plane[i % 12 * 8 + i / 12]).DenseX(12, 8));
            float[] a = Fractions(6 * 5), b = Fractions(7 * 6, 2);
            yield return Explicit("Shared.TiledProduct", TiledProductKernel, new KernelConfig(new Index2D(2, 2), new Index2D(Tile, Tile)),
                In(a).DenseX(6, 5), In(b).DenseX(7, 6), Out(35, i => Enumerable.Range(0, 6).Sum(k => a[i / 7 * 6 + k] * b[k * 7 + i % 7]))
                .DenseX(7, 5));
            int[] data = Scattered(100);
            yield return Explicit("Shared.Reduce", ReduceKernel, new KernelConfig(4, GroupSize), In(data),
                Out(4, i => data.Skip(32 * i).Take(32).Sum()));
            yield return Explicit("Shared.BlellochScan", BlellochScanKernel, new KernelConfig(1, GroupSize), In(data),
                Out(64, i => data.Take(i).Sum()));
            yield return Explicit("Shared.DynamicReverse", DynamicReverseKernel,
                new KernelConfig(2, 16, SharedMemoryConfig.RequestDynamic<int>(16)),
                InOut(data[..32], Fill(32, i => data[i / 16 * 16 + 15 - i % 16] + 16)));
            yield return Explicit("Shared.DynamicAndStatic", DynamicAndStaticKernel,
                new KernelConfig(3, 8, SharedMemoryConfig.RequestDynamic<float>(8)),
                In(plane), Out(24, i => plane.Skip(i / 8 * 8).Take(8).Count(value => value > 0) + plane[i / 8 * 8 + (i + 1) % 8]));
            int[] cube = Scattered(64);
            yield return Explicit("Shared.Stencil3D", Stencil3DKernel, new KernelConfig(new Index3D(1, 1, 1), new Index3D(4, 4, 4)),
                In(cube).DenseXY(new Index3D(4, 4, 4)),
                Out(64, i => Enumerable.Range(0, 64).Where(j => Math.Abs(j % 4 - i % 4) < 2 && Math.Abs(j / 4 % 4 - i / 4 % 4) < 2
                && Math.Abs(j / 16 - i / 16) < 2).Sum(j => cube[j]))
                    .DenseXY(new Index3D(4, 4, 4)));
            yield return Explicit("Shared.PaddedColumns", PaddedColumnsKernel, new KernelConfig(new Index2D(1, 1), new Index2D(8, 4)),
                InOut(data[..32], Fill(32, i => 2 * data[i / 8 * 8 + 7 - i % 8])));
            float largest = plane.Max();
            yield return Explicit("Shared.ArgMax", ArgMaxKernel, new KernelConfig(1, GroupSize), In(plane),
                Out(new Best { Value = largest, Place = Array.IndexOf(plane, largest) }));
            yield return Implicit("Local.Median", MedianKernel, new Index1D(20), In(data[..20]),
                Out(20, i => Fill(5, j => data[Math.Clamp(i + j - 2, 0, 19)]).Order().ElementAt(2)));
            yield return Implicit("Local.Matrix", LocalMatrixKernel, new Index1D(8), In(plane),
                Out(8, i => Fill(3, j => plane[i + j] * (plane[i + j] + plane[i])).Sum())) with
            { Tolerance = 1e-5 };
            int[] signs = Fill(24, i => i < 8 ? i : i < 16 ? i - 10 : i == 20 ? 99 : 3);
            yield return Explicit("Group.Votes", BarrierVotesKernel, new KernelConfig(3, 8), In(signs),
                Out(24, i => i < 8 ? 7 + 100 + 30000 : i < 16 ? 5 + 10000 : 8 + 1100 + 30000));
            yield return Explicit("Group.LastOne", LastGroupKernel, new KernelConfig(4, 8), Out(1, 2, 3, 4), Out(4), Out(10));
            yield return Explicit("Shared.BitonicSort", BitonicSortKernel, new KernelConfig(1, GroupSize),
                InOut(data[..32], [.. data[..32].Order()]));
        }
    }
}
