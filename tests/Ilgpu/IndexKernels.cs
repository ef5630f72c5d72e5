namespace Dalle2.IlgpuKernels;

/// <summary>Indices as an implicitly grouped kernel's first parameter, their arithmetic and comparisons; and the grid's own.</summary>
public sealed class IndexKernels : KernelFamily
{
    static void CompareKernel(Index1D index, ArrayView<int> result)
    {
        if (index == 3)
            result[index] = 100;
        else if (index.X == 0 || index == new Index1D(5))
            result[index] = 200;
        else if (index != Index1D.One && index < 8)
            result[index] = index;
        else
            result[index] = index.IsFirst ? 1 : -1;
    }

    static void Compare2DKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> result)
    {
        bool edge = index.X == 0 || index.Y == 0 || index.X == result.IntExtent.X - 1 || index.Y == result.IntExtent.Y - 1;
        result[index] = index == new Index2D(2, 1) ? 7 : index == Index2D.Zero ? 9 : edge ? 1 : 0;
    }

    static void ArithmeticKernel(Index2D index, ArrayView<int> result, Index2D extent)
    {
        Index2D shifted = index + new Index2D(1, 2) * new Index2D(3) - Index2D.One;
        Index2D wrapped = new Index2D(shifted.X % extent.X, shifted.Y % extent.Y);
        (int x, int y) = wrapped;
        Index2D clamped = Index2D.Clamp(index, new Index2D(1, 1), new Index2D(2, 1));
        result[index.Y * extent.X + index.X] = 1000 * x + 100 * y + 10 * clamped.X + clamped.Y + (wrapped.InBounds(extent) ? 10000 : 0);
    }

    static void LinearIndexKernel(Index3D index, ArrayView3D<int, Stride3D.DenseXY> cells)
    {
        int linear = cells.ComputeLinearIndex(index);
        cells.AsContiguous()[linear] = linear + 100 * index.Z;
    }

    static void LongIndexKernel(Index1D index, ArrayView<long> values, ArrayView<long> result)
    {
        LongIndex1D place = index;
        long doubled = 2L * place.X;
        result[place] = values[new LongIndex1D(doubled % values.Length)] + (place.ToIntIndex() == index ? 1 : 0);
    }

    static void LongIndex2DKernel(Index2D index, ArrayView2D<int, Stride2D.DenseX> result)
    {
        LongIndex2D place = index.ToLongIndex();
        Index2D back = (place + new LongIndex2D(1, 0)).ToIntIndex();
        result[place] = back.X * 10 + back.Y + (int)place.Size;
    }

    static void Volume3DKernel(Index3D index, ArrayView<int> result, Index3D extent)
    {
        Index3D mirrored = extent - index - Index3D.One;
        result[(index.Z * extent.Y + index.Y) * extent.X + index.X] = 100 * mirrored.X + 10 * mirrored.Y + mirrored.Z;
    }

    static void GridIndicesKernel(ArrayView<int> result)
    {
        int place = Grid.GlobalIndex.X;
        result[place] = Grid.IdxX * 10000 + Group.IdxX * 100 + Grid.DimX * 10 + Group.DimX;
    }

    static void Grid3DKernel(ArrayView<int> linear, ArrayView<int> places)
    {
        int place = Grid.GlobalLinearIndex;
        linear[place] = Grid.LinearIndex * 100 + Group.LinearIndex;
        Index3D global = Grid.GlobalIndex;
        int width = Grid.DimX * Group.DimX, height = Grid.DimY * Group.DimY;
        places[(global.Z * height + global.Y) * width + global.X] = Group.IdxX + 10 * Group.IdxY + 100 * Group.IdxZ + 1000 * Grid.IdxX
            + 10000 * Grid.IdxY + 100000 * Grid.IdxZ;
    }

    static void LongGlobalIndexKernel(ArrayView<long> result)
    {
        LongIndex3D global = Grid.LongGlobalIndex;
        if (global.X < result.Length)
            result[global.X] = global.X * global.X + Group.Dimension.Size;
    }

    static void GridStrideKernel(ArrayView<int> data, int increment)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = Grid.GlobalIndex.X; i < data.Length; i += stride)
            data[i] += increment * (1 + i / stride);
    }

    static void ComputeGlobalIndexKernel(ArrayView2D<int, Stride2D.DenseX> result)
    {
        Index2D global = Grid.ComputeGlobalIndex(new Index2D(Grid.IdxX, Grid.IdxY), new Index2D(Group.IdxX, Group.IdxY));
        if (global.InBounds(result.IntExtent))
            result[global] = global.X * 100 + global.Y;
    }

    internal readonly struct SquareBody(ArrayView<int> data) : IGridStrideKernelBody
    {
        public void Execute(LongIndex1D linearIndex)
        {
            if (linearIndex < data.Length)
                data[linearIndex] = (int)(linearIndex.X * linearIndex.X);
        }

        public void Finish() { }
    }

    internal struct MarkBody(ArrayView<int> data) : IGridStrideLoopBody
    {
        public readonly void Execute(Index1D index) => data[index] += 1 + index;
    }

    static void LoopBodyKernel(ArrayView<int> data)
    {
        var body = new MarkBody(data);
        GridExtensions.GridStrideLoop(data.IntLength, ref body);
    }

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            yield return Implicit("Index.Compare", CompareKernel, new Index1D(10), Out(200, -1, 2, 100, 4, 200, 6, 7, -1, -1));
            yield return Implicit("Index.Compare2D", Compare2DKernel, new Index2D(5, 4),
                Out(9, 1, 1, 1, 1, 1, 0, 7, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1).DenseX(5, 4));
            yield return Implicit("Index.Arithmetic", ArithmeticKernel, new Index2D(4, 3),
                Out(12, i => 1000 * ((i % 4 + 2) % 4) + 100 * ((i / 4 + 5) % 3) + 10 * Math.Clamp(i % 4, 1, 2) + 1 + 10000),
                new Index2D(4, 3));
            yield return Implicit("Index.Linear", LinearIndexKernel, new Index3D(3, 2, 2),
                Out(12, i => i + 100 * (i / 6)).DenseXY(new Index3D(3, 2, 2)));
            long[] values = Fill(9, i => 10_000_000_000L * i);
            yield return Implicit("Index.Long1D", LongIndexKernel, new Index1D(9), In(values), Out(9, i => values[2 * i % 9] + 1));
            yield return Implicit("Index.Long2D", LongIndex2DKernel, new Index2D(3, 4),
                Out(12, i => (i % 3 + 1) * 10 + i / 3 + i % 3 * (i / 3)).DenseX(3, 4));
            yield return Implicit("Index.Volume", Volume3DKernel, new Index3D(2, 3, 4),
                Out(24, i => 100 * (1 - i % 2) + 10 * (2 - i / 2 % 3) + 3 - i / 6), new Index3D(2, 3, 4));
            yield return Explicit("Grid.Indices", GridIndicesKernel, new KernelConfig(3, 8),
                Out(24, i => i / 8 * 10000 + i % 8 * 100 + 38));
            yield return Explicit("Grid.Indices3D", Grid3DKernel, new KernelConfig(new Index3D(2, 3, 2), new Index3D(4, 2, 2)),
                Out(12 * 16, i => i / 16 * 100 + i % 16),
                Out(12 * 16, i => i % 4 + i % 8 / 4 * 1000 + i / 8 % 2 * 10 + i / 16 % 3 * 10000 + i / 48 % 2 * 100 + i / 96 * 100000));
            yield return Explicit("Grid.LongGlobalIndex", LongGlobalIndexKernel, new KernelConfig(2, 16), Out(27, i => (long)i * i + 16));
            yield return Explicit("Grid.Stride", GridStrideKernel, new KernelConfig(2, 8), Out(50, i => 3 * (1 + i / 16)), 3);
            yield return Explicit("Grid.ComputeGlobalIndex", ComputeGlobalIndexKernel,
                new KernelConfig(new Index2D(2, 2), new Index2D(4, 4)), Out(30, i => i % 6 * 100 + i / 6).DenseX(6, 5));
            // The loop wants its length padded to whole warps.
            KernelBuffer<int> squares = Out(40, i => i * i);
            yield return Explicit("Grid.StrideLoopKernel", (Action<LongIndex1D, SquareBody>)GridExtensions.GridStrideLoopKernel,
                new KernelConfig(1, 32), new LongIndex1D(64), squares.View(view => new SquareBody(view)));
            yield return Explicit("Grid.StrideLoopBody", LoopBodyKernel, new KernelConfig(2, 8), Out(37, i => 1 + i));
        }
    }
}
