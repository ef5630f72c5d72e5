// The products of TileProduct.cs for matrix units:  c[i, j] = (or +=) sum over k of round(left[i, k]) * round(right[k, j])
//   left, right and c are what the same struct of the op's own says; round is to TensorFloat-32 or bfloat16, as the numbers leave shared memory
//   c is written (=) or, where the product says so, added to (+=): sums of floats over all of k from zero, in the order of the matrix units, then c
// A group of 4 or 8 warps has a tile of 64 x 64 or 128 x 128. It takes 16 of k at a time: both sides are copied to shared memory, from which each warp multiplies
// its own part of the tile, 32 x 32 or 64 x 32, with all sums in registers, while the next 16 of k are on their way to the other half of the memory.
// Copying is by rows of 16 threads: those along X take neighbours, each Y a run of its own.
namespace Dalle2.Kernels;

/// <summary>What part of a product a group has, and how its warps share it. All constants.</summary>
interface IMatrixTile
{
    /// <summary>Rows of the tile, and of threads that copy: a multiple of 8 each.</summary>
    int Rows { get; }

    /// <summary>Panels of 32 columns; each is a column of warps.</summary>
    int Panels { get; }

    /// <summary>Rows of one warp.</summary>
    int WarpRows { get; }
}

/// <summary>128 x 128, eight warps: each number that is copied is used 128 times.</summary>
readonly struct LargeMatrixTile : IMatrixTile
{
    public int Rows => 128;

    public int Panels => 4;

    public int WarpRows => 64;
}

/// <summary>64 x 64, four warps: four times as many groups, for results that would not fill a card.</summary>
readonly struct SmallMatrixTile : IMatrixTile
{
    public int Rows => 64;

    public int Panels => 2;

    public int WarpRows => 32;
}

/// <summary>A kernel of a product in its four forms.</summary>
readonly record struct MatrixForms<TShape>(
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> LargeTensorFloats, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> SmallTensorFloats,
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> LargeBrainFloats, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> SmallBrainFloats)
    where TShape : unmanaged;

/// <summary>Launches products for matrix units, and what their kernels do.</summary>
static class MatrixProduct
{
    /// <summary>So many large tiles are as many groups as the largest cards have multiprocessors, about.</summary>
    public const int LeastLargeTiles = 128;

    // Threads along X, of which a panel has two columns each.
    const int CopyThreads = 16;

    /// <summary>Runs a product, or several that the group's z tells apart, in the precision of the device.</summary>
    public static void Launch<TShape>(
        Stream stream, in MatrixForms<TShape> forms, ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, TShape shape, int rows, int cols, int products = 1)
        where TShape : unmanaged
    {
        bool isLarge = (long)Groups<LargeMatrixTile>(rows, cols).Size * products >= LeastLargeTiles, isTensorFloat = stream.Device.Precision == Precision.Tf32;
        Index2D groups = isLarge ? Groups<LargeMatrixTile>(rows, cols) : Groups<SmallMatrixTile>(rows, cols);
        stream.Launch(
            isTensorFloat ? isLarge ? forms.LargeTensorFloats : forms.SmallTensorFloats : isLarge ? forms.LargeBrainFloats : forms.SmallBrainFloats,
            new KernelConfig(new Index3D(groups.X, groups.Y, products), new Index3D(CopyThreads, isLarge ? Threads<LargeMatrixTile>() : Threads<SmallMatrixTile>(), 1)),
            left, right, result, shape);
    }

    /// <summary>What one group does: a tile. Rows and columns past the edge are not stored.</summary>
    public static void Multiply<TProduct, TFormat, TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, TProduct product)
        where TProduct : unmanaged, IProduct
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile
    {
        TTile tile = default;
        TFormat format = default;
        MatrixBlock<TFormat, TTile> block = default;
        int first = Grid.IdxY * tile.Rows, firstCol = Grid.IdxX * tile.Panels * RegisterTile.RightStep, all = product.Rows;
        // Of several products, some may have fewer rows.
        if (first >= all)
            return;
        int leftLength = (block.Rows + 8) * (block.Depth + 8), rightLength = tile.Panels * block.Depth * block.RightStep;
        ArrayView<float> leftHalves = SharedMemory.Allocate<float>(2 * (default(TTile).Rows + 8) * (default(MatrixBlock<TFormat, TTile>).Depth + 8));
        ArrayView<float> rightHalves = SharedMemory.Allocate<float>(2 * default(TTile).Panels * default(MatrixBlock<TFormat, TTile>).Depth * default(TFormat).RightStep);
        int warpRow = Warp.WarpIdx / tile.Panels * tile.WarpRows, panel = Warp.WarpIdx % tile.Panels;
        ArrayView<float> sums = LocalMemory.Allocate<float>(default(TTile).WarpRows * RegisterTile.RightStep / 32);
        for (int i = 0; i < tile.WarpRows * RegisterTile.RightStep / 32; i++)
            sums[i] = 0f;
        int half = 0;
        for (int start = 0; start < product.Depth + block.Depth; start += block.Depth)
        {
            ArrayView<float> left = leftHalves.SubView(half * leftLength, leftLength), right = rightHalves.SubView(half * rightLength, rightLength);
            half = 1 - half;
            int depth = IntrinsicMath.Min(block.Depth, product.Depth - start);
            // What was copied in the last turn is there for all, and all are done with the half that it was multiplied from.
            SharedCopy.Wait();
            Group.Barrier();
            if (depth > 0)
            {
                if (depth < block.Depth)
                    Clear(left, right);
                CopyLeft<TProduct, MatrixBlock<TFormat, TTile>>(a, left, product, start, depth, first);
                product.CopyRight<MatrixBlock<TFormat, TTile>>(b, right, start, depth, firstCol, tile.Panels);
            }

            if (start == 0)
                continue;
            ArrayView<float> lastLeft = leftHalves.SubView(half * leftLength, leftLength), lastRight = rightHalves.SubView(half * rightLength, rightLength);
            for (int k = 0; k < block.Depth; k += format.Depth)
                AddPiece<TProduct, TFormat, TTile>(sums, lastLeft, lastRight, product, warpRow, panel, k);
        }

        Store<TProduct, TTile>(sums, c, product, first + warpRow, firstCol + panel * RegisterTile.RightStep);
    }

    static Index2D Groups<TTile>(int rows, int cols)
        where TTile : unmanaged, IMatrixTile =>
        new(IntrinsicMath.DivRoundUp(cols, default(TTile).Panels * RegisterTile.RightStep), IntrinsicMath.DivRoundUp(rows, default(TTile).Rows));

    static int Threads<TTile>()
        where TTile : unmanaged, IMatrixTile => default(TTile).Rows / default(TTile).WarpRows * default(TTile).Panels * Warp.WarpSize / CopyThreads;

    // What is not copied adds nothing, whatever lay there. Nothing is on its way to this half.
    static void Clear(ArrayView<float> left, ArrayView<float> right)
    {
        for (int i = Group.LinearIndex; i < left.IntLength; i += Group.DimX * Group.DimY)
            left[i] = 0f;
        for (int i = Group.LinearIndex; i < right.IntLength; i += Group.DimX * Group.DimY)
            right[i] = 0f;
        Group.Barrier();
    }

    // Each row of threads has some of the tile's rows, or of k.
    static void CopyLeft<TProduct, TBlock>(ArrayView<float> a, ArrayView<float> left, TProduct product, int start, int depth, int first)
        where TProduct : unmanaged, IProduct
        where TBlock : unmanaged, IBlock
    {
        TBlock block = default;
        if (product.IsLeftByDepth)
        {
            int each = IntrinsicMath.DivRoundUp(depth, Group.DimY), k = Group.IdxY * each, count = IntrinsicMath.Min(each, depth - k);
            if (count > 0)
                product.CopyLeft<TBlock>(a, left.SubView(TileProduct.LeftAt<TBlock>(true, 0, k)), start + k, count, first, block.Rows);
            return;
        }

        int rows = block.Rows / Group.DimY, row = Group.IdxY * rows;
        product.CopyLeft<TBlock>(a, left.SubView(TileProduct.LeftAt<TBlock>(false, row, 0)), start, depth, first + row, rows);
    }

    // One step of k: the warp's part of the right side is taken once, and meets each 16 rows of the left side.
    static void AddPiece<TProduct, TFormat, TTile>(ArrayView<float> sums, ArrayView<float> left, ArrayView<float> right, TProduct product, int warpRow, int panel, int k)
        where TProduct : unmanaged, IProduct
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile
    {
        const int columns = RegisterTile.RightStep / 8;
        TFormat format = default;
        ArrayView<uint> words = LocalMemory.Allocate<uint>(2 * columns);
        for (int j = 0; j < columns; j++)
        {
            MatrixRight part = format.Right(right, (panel * default(MatrixBlock<TFormat, TTile>).Depth + k) * format.RightStep + 8 * j);
            words[2 * j] = part.First;
            words[2 * j + 1] = part.Second;
        }

        bool isByDepth = product.IsLeftByDepth;
        int rowStep = TileProduct.LeftAt<MatrixBlock<TFormat, TTile>>(isByDepth, 1, 0), step = TileProduct.LeftAt<MatrixBlock<TFormat, TTile>>(isByDepth, 0, 1);
        for (int i = 0; i < default(TTile).WarpRows / 16; i++)
        {
            MatrixLeft part = format.Left(left, (warpRow + 16 * i) * rowStep + k * step, rowStep, step);
            for (int j = 0; j < columns; j++)
            {
                int at = (i * columns + j) * 4;
                MatrixSums sum = format.MultiplyAdd(part, new MatrixRight(words[2 * j], words[2 * j + 1]), new MatrixSums(sums[at], sums[at + 1], sums[at + 2], sums[at + 3]));
                sums[at] = sum.First;
                sums[at + 1] = sum.Second;
                sums[at + 2] = sum.Third;
                sums[at + 3] = sum.Fourth;
            }
        }
    }

    static void Store<TProduct, TTile>(ArrayView<float> sums, ArrayView<float> c, TProduct product, int row, int col)
        where TProduct : unmanaged, IProduct
        where TTile : unmanaged, IMatrixTile
    {
        const int columns = RegisterTile.RightStep / 8;
        int all = product.Rows, cols = product.Cols, firstRow = row + (Warp.LaneIdx >> 2), firstCol = col + (Warp.LaneIdx & 3) * 2;
        for (int half = 0; half < default(TTile).WarpRows / 8; half++)
        {
            if (firstRow + 8 * half >= all)
                continue;
            int place = product.RowAt(firstRow + 8 * half);
            for (int j = 0; j < 2 * columns; j++)
            {
                int at = firstCol + j / 2 * 8 + j % 2;
                float sum = sums[(half / 2 * columns + j / 2) * 4 + half % 2 * 2 + j % 2];
                if (at < cols)
                    c[place + at] = product.Accumulates ? c[place + at] + sum : sum;
            }
        }
    }
}

/// <summary>How the sides of a product for matrix units lie in shared memory.</summary>
readonly struct MatrixBlock<TFormat, TTile> : IBlock
    where TFormat : unmanaged, IMatrixFormat
    where TTile : unmanaged, IMatrixTile
{
    public int Depth => 16;

    public int Rows => default(TTile).Rows;

    public int RightStep => default(TFormat).RightStep;

    public bool IsAsynchronous => true;

    public int LeftPad(bool isByDepth) => default(TFormat).LeftPad(isByDepth);
}
