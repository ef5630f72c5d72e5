// A matrix product in blocks:  c[i, j] = (or +=) sum over k of left[i, k] * right[k, j]
//   left [rows, depth] and right [depth, cols] are what a product's own struct copies to shared memory, from matrices or gathered from images (implicit GEMM)
//   c is written (=) or, where the product says so, added to (+=): one chain of fused multiply-adds over k in rising order, from zero or from c
// A group has a block of rows and some panels of columns. It takes a piece of k at a time: the block's left side once, and a few panels of the right side at a time,
// each of which meets every tile of the block (Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008).
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>How large a product is, and where its result lies.</summary>
interface IProductExtent
{
    /// <summary>Rows of the result, of the part that the group's z names.</summary>
    int Rows { get; }

    /// <summary>Columns of the result.</summary>
    int Cols { get; }

    /// <summary>The summed extent.</summary>
    int Depth { get; }

    /// <summary>True to add to what the result holds.</summary>
    bool Accumulates { get; }

    /// <summary>Where a row's first column lies in the result.</summary>
    int RowAt(int row);
}

/// <summary>What is multiplied.</summary>
interface IProduct : IProductExtent
{
    /// <summary>True if the copied left side has each k's rows side by side, false if each row's k.</summary>
    bool IsLeftByDepth { get; }

    /// <summary>Copies a piece of k of some rows, a multiple of 8, to shared memory. Rows past the end may be any number.</summary>
    void CopyLeft<TBlock>(ArrayView<float> source, ArrayView<float> left, int start, int depth, int row, int rows)
        where TBlock : unmanaged, IBlock;

    /// <summary>Copies a piece of k of some panels to shared memory, columns past the end as zeros.</summary>
    void CopyRight<TBlock>(ArrayView<float> source, ArrayView<float> right, int start, int depth, int col, int panels)
        where TBlock : unmanaged, IBlock;
}

/// <summary>How much of a product a group holds in shared memory. All constants.</summary>
interface IBlock
{
    /// <summary>The most of k at a time.</summary>
    int Depth { get; }

    /// <summary>Tiles of rows.</summary>
    int Tiles { get; }

    /// <summary>Panels of columns that are copied together.</summary>
    int Panels { get; }
}

/// <summary>What fits into a processor's second cache.</summary>
readonly struct LargeBlock : IBlock
{
    /// <summary>The shared memory that it takes at most.</summary>
    public const int Bytes = 700 << 10;

    public int Depth => 256;

    public int Tiles => 56;

    public int Panels => 4;
}

/// <summary>What fits into the 48 KiB that a group may have everywhere.</summary>
readonly struct SmallBlock : IBlock
{
    public int Depth => 128;

    public int Tiles => 4;

    public int Panels => 1;
}

/// <summary>Launches products, and what their kernels do.</summary>
static class TileProduct
{
    // Behind each row, or each k, of the left side, so that they do not fall on the same lines of a cache.
    const int Pad = 16;

    // Groups for each processor, so that none waits long for the last.
    const int GroupsPerProcessor = 4;

    /// <summary>Runs a product, or several that the group's z tells apart, by whichever of its kernel's two forms the device has the shared memory for.</summary>
    public static void Launch<TShape>(
        Stream stream, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape, Index2D> large, Action<ArrayView<float>,
        ArrayView<float>, ArrayView<float>, TShape, Index2D> small,
        ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, TShape shape, int rows, int cols, int products = 1)
        where TShape : unmanaged
    {
        bool isLarge = stream.Device.Properties.SharedBytesPerGroup >= LargeBlock.Bytes;
        int tiles = IntrinsicMath.DivRoundUp(rows, RegisterTile.Rows),
            mostTiles = isLarge ? default(LargeBlock).Tiles : default(SmallBlock).Tiles;
        int threads = RegisterTile.Threads(stream.Device), panels = IntrinsicMath.DivRoundUp(cols, threads * RegisterTile.ThreadColumns);
        // Equal blocks, and as many for each processor.
        int processors = stream.Device.Properties.Processors,
            blocks = IntrinsicMath.DivRoundUp(IntrinsicMath.DivRoundUp(tiles, mostTiles), processors) * processors;
        int tilesOfBlock = IntrinsicMath.DivRoundUp(tiles, blocks);
        blocks = IntrinsicMath.DivRoundUp(tiles, tilesOfBlock);
        int wanted = IntrinsicMath.DivRoundUp(processors == 1 ? 1 : GroupsPerProcessor * processors, blocks * products);
        int panelsOfGroup = IntrinsicMath.DivRoundUp(panels, IntrinsicMath.Clamp(wanted, 1, panels));
        stream.Launch(
            isLarge ? large : small, new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(panels, panelsOfGroup), blocks, products),
            new Index3D(threads, 1, 1)),
            left, right, result, shape, new Index2D(panelsOfGroup, tilesOfBlock));
    }

    /// <summary>Where an element of the copied left side lies.</summary>
    public static int LeftAt<TBlock>(bool isByDepth, int row, int k)
        where TBlock : unmanaged, IBlock =>
        isByDepth ? k * (default(TBlock).Tiles * RegisterTile.Rows + Pad) + row : row * (default(TBlock).Depth + Pad) + k;

    /// <summary>Copies rows of k to panels of columns: reads along the columns.</summary>
    /// <param name="right">Shared, <c>[panels, Depth, 32]</c>.</param>
    /// <param name="to">The first k in there.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="start">The first row's first column of all.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="depth">The rows.</param>
    /// <param name="col">The first panel's first column.</param>
    /// <param name="cols">All columns.</param>
    /// <param name="panels">How many panels.</param>
    public static void CopyPanels<TBlock>(ArrayView<float> right, int to, ArrayView<float> source, int start, int stride, int depth,
        int col, int cols, int panels)
        where TBlock : unmanaged, IBlock
    {
        int thread = Group.IdxX, columns = RegisterTile.Columns, step = RegisterTile.RightStep, length = default(TBlock).Depth * step;
        bool whole = col + panels * columns <= cols;
        for (int k = 0; k < depth; k++)
        {
            int target = (to + k) * step + thread, at = start + k * stride, c = col + thread;
            for (int p = 0; p < panels; p++)
            {
                for (int j = 0; j < RegisterTile.ThreadColumns; j++)
                {
                    if (whole)
                        right[target + j * Group.DimX] = source[at + c + j * Group.DimX];
                    else
                        right[target + j * Group.DimX] = c + j * Group.DimX < cols ? source[at + c + j * Group.DimX] : 0f;
                }

                target += length;
                c += columns;
            }
        }
    }

    /// <summary>Copies rows of the source to columns: reads along the rows, and turns them while writing.</summary>
    /// <param name="right">Shared, <c>[panels, Depth, 32]</c>.</param>
    /// <param name="to">The first k in there.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="start">The first of all rows' first value.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="depth">How many values of each row.</param>
    /// <param name="row">The first panel's first row.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="panels">How many panels.</param>
    public static void CopyTurnedPanels<TBlock>(ArrayView<float> right, int to, ArrayView<float> source, int start, int stride, int depth,
        int row, int rows, int panels)
        where TBlock : unmanaged, IBlock
    {
        int thread = Group.IdxX, step = RegisterTile.RightStep;
        for (int c = 0; c < panels * RegisterTile.Columns; c += Group.DimX)
        {
            int column = c / RegisterTile.Columns * default(TBlock).Depth * step + c % RegisterTile.Columns + thread + to * step;
            int from = start + (row + c) * stride, count = IntrinsicMath.Clamp(rows - row - c, 0, Group.DimX);
            for (int k = 0; k < depth; k += Group.DimX)
            {
                ArrayView<float> square = LocalMemory.Allocate<float>(RegisterTile.MaxThreads);
                if (count == Group.DimX && k + Group.DimX <= depth)
                {
                    for (int i = 0; i < Group.DimX; i++)
                        square[i] = source[from + i * stride + k + thread];
                    TransposeOp.Turn(square);
                    for (int i = 0; i < Group.DimX; i++)
                        right[column + (k + i) * step] = square[i];
                    continue;
                }

                for (int i = 0; i < Group.DimX; i++)
                    square[i] = i < count && k + thread < depth ? source[from + i * stride + k + thread] : 0f;
                TransposeOp.Turn(square);
                for (int i = 0; i < Group.DimX; i++)
                {
                    if (k + i < depth)
                        right[column + (k + i) * step] = square[i];
                }
            }
        }
    }

    /// <summary>What one group does: a block of rows and some panels of columns. Rows past the edge repeat the last one's place and are not stored.</summary>
    public static void Multiply<TProduct, TBlock>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, TProduct product,
        Index2D extent)
        where TProduct : unmanaged, IProduct
        where TBlock : unmanaged, IBlock
    {
        TBlock block = default;
        int panels = extent.X, blockRows = extent.Y * RegisterTile.Rows;
        ArrayView<float> left = SharedMemory.Allocate<float>((default(TBlock).Tiles * RegisterTile.Rows + Pad)
            * (default(TBlock).Depth + Pad));
        ArrayView<float> right = SharedMemory.Allocate<float>(default(TBlock).Panels * default(TBlock).Depth * RegisterTile.RightStep);
        int first = Grid.IdxY * blockRows, all = product.Rows, cols = product.Cols, count = IntrinsicMath.Min(blockRows, all - first);
        for (int start = 0; start < product.Depth || start == 0; start += block.Depth)
        {
            int depth = IntrinsicMath.Min(block.Depth, product.Depth - start);
            for (int panel = 0; panel < panels; panel++)
            {
                int col = (Grid.IdxX * panels + panel) * RegisterTile.Columns;
                if (panel % block.Panels == 0)
                {
                    Group.Barrier();
                    if (panel == 0)
                    {
                        product.CopyLeft<TBlock>(a, left, start, depth, first,
                            IntrinsicMath.DivRoundUp(count, RegisterTile.Rows) * RegisterTile.Rows);
                    }

                    product.CopyRight<TBlock>(b, right, start, depth, col, IntrinsicMath.Min(block.Panels, panels - panel));
                    Group.Barrier();
                }

                for (int row = 0; row < count; row += RegisterTile.Rows)
                {
                    ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                    ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
                    for (int i = 0; i < RegisterTile.Rows; i++)
                        rows[i] = product.RowAt(IntrinsicMath.Min(first + row + i, all - 1));
                    RegisterTile.Begin(sums, c, rows, col, cols, start == 0 && !product.Accumulates);
                    RegisterTile.Add(
                        sums, left, LeftAt<TBlock>(product.IsLeftByDepth, row, 0), LeftAt<TBlock>(product.IsLeftByDepth, 1, 0),
                        LeftAt<TBlock>(product.IsLeftByDepth, 0, 1),
                        right, panel % block.Panels * block.Depth * RegisterTile.RightStep, depth);
                    RegisterTile.End(sums, c, rows, count - row, col, cols);
                }
            }
        }
    }
}
