// The products of TileProduct.cs for cards, with the same bits:  c[i, j] = (or +=) sum over k of left[i, k] * right[j, k]
//   left [rows, depth] and right [cols, depth] are what the sides say (MatrixSide.cs)
//   c is written (=) or, where the product says so, added to (+=): one chain of fused multiply-adds over k in rising order, from zero or from c
// A group of 4 or 8 warps has a tile of 32 x 32, 64 x 64 or 128 x 128, with all sums in registers. Shared memory holds some pieces of 16 k of both sides: while the first is multiplied, the
// others are on their way. A warp's threads are 4 along the rows by 8 along the columns. Of what lies by k each has runs of up to four neighbors, of what lies by row each fourth or eighth
// one and four k: either way a thread reads 16 bytes at a time, and a warp without bank conflicts.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>A kernel of a product in its three forms.</summary>
readonly record struct CardForms<TShape>(
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> Large,
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> Medium,
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> Small)
    where TShape : unmanaged;

/// <summary>Launches products for cards, and what their kernels do.</summary>
static class CardProduct
{
    const int Depth = MatrixPlan.Depth;

    // Threads of a warp along rows and columns.
    const int Down = 4, Across = 8;

    // What a tile takes a multiprocessor, by its multiply-adds and what its threads read of shared memory for each.
    const int LargeCost = 16, MediumCost = 5, SmallCost = 2;

    /// <summary>Whether products run here on a device.</summary>
    public static bool Suits(Device device) => device.Properties.HoldsManyThreads && Fits(device.Properties, default(SmallFloatTile));

    /// <summary>Runs a product, or several that the group's z tells apart.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="forms">The kernel.</param>
    /// <param name="left">The left side.</param>
    /// <param name="right">The right side.</param>
    /// <param name="result">The result.</param>
    /// <param name="shape">The kernel's own.</param>
    /// <param name="rows">Rows of the result, the most of any.</param>
    /// <param name="cols">Columns of the result.</param>
    /// <param name="products">How many.</param>
    public static void Launch<TShape>(Stream stream, in CardForms<TShape> forms, ArrayView<float> left, ArrayView<float> right,
        ArrayView<float> result, TShape shape, int rows, int cols, int products = 1)
        where TShape : unmanaged
    {
        HardwareProperties card = stream.Device.Properties;
        long large = Fills(default(LargeFloatTile)) ? Cost(default(LargeFloatTile), LargeCost) : long.MaxValue,
            medium = Fills(default(MediumFloatTile)) ? Cost(default(MediumFloatTile), MediumCost) : long.MaxValue,
            small = Cost(default(SmallFloatTile), SmallCost);
        if (large <= Math.Min(medium, small))
            Run(default(LargeFloatTile), forms.Large);
        else if (medium <= small)
            Run(default(MediumFloatTile), forms.Medium);
        else
            Run(default(SmallFloatTile), forms.Small);

        long Groups(int side) => (long)IntrinsicMath.DivRoundUp(rows, side) * IntrinsicMath.DivRoundUp(cols, side);

        // A tile that leaves a multiprocessor without a group is none while there is a smaller one.
        bool Fills<TTile>(TTile tile)
            where TTile : unmanaged, IFloatTile => Fits(card, tile) && Groups(tile.Side) * products >= card.Processors;

        // Whole rounds of all multiprocessors: the last round takes as long as the others, however few groups it has.
        long Cost<TTile>(TTile tile, int each)
            where TTile : unmanaged, IFloatTile => (Groups(tile.Side) * products + card.Processors - 1) / card.Processors * each;

        void Run<TTile>(TTile tile, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape> kernel)
            where TTile : unmanaged, IFloatTile =>
            stream.Launch(
                kernel, new KernelConfig(new Index3D(checked((int)Groups(tile.Side)), 1, products), new Index3D(tile.Threads, 1, 1)),
                left, right, result, shape);
    }

    // Pieces of both sides in shared memory.
    static bool Fits<TTile>(HardwareProperties card, TTile tile)
        where TTile : unmanaged, IFloatTile =>
        card.MaxGroupThreads >= tile.Threads && card.SharedBytesPerGroup >= 2 * tile.Stages * tile.Side * Depth * sizeof(float);

    /// <summary>What one group does: a tile. Rows and columns past the edge are not stored.</summary>
    public static void Multiply<TProduct, TLeft, TRight, TTile>(
        ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, TProduct product, TLeft leftSide, TRight rightSide, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TLeft : unmanaged, IMatrixSide
        where TRight : unmanaged, IMatrixSide
        where TTile : unmanaged, IFloatTile
    {
        int side = tile.Side, across = IntrinsicMath.Max(1, (product.Cols + side - 1) / side), stage = side * Depth, all = product.Depth;
        int firstRow = Grid.IdxX / across * side, firstCol = Grid.IdxX % across * side;
        // Of several products, some may have fewer rows.
        if (firstRow >= product.Rows)
            return;
        ArrayView<float> left = SharedMemory.Allocate<float>(default(TTile).Stages * default(TTile).Side * Depth),
            right = SharedMemory.Allocate<float>(default(TTile).Stages * default(TTile).Side * Depth);
        ArrayView<int> rows = LocalMemory.Allocate<int>(3 * default(TTile).Side * Depth / 4 / default(TTile).Threads),
            cols = LocalMemory.Allocate<int>(3 * default(TTile).Side * Depth / 4 / default(TTile).Threads);
        MatrixSide.FindRows<TLeft, TTile>(rows, leftSide, firstRow);
        MatrixSide.FindRows<TRight, TTile>(cols, rightSide, firstCol);
        int warpsAcross = side / (Across * tile.Columns), warpRow = Warp.WarpIdx / warpsAcross * (Down * tile.Rows),
            warpCol = Warp.WarpIdx % warpsAcross * (Across * tile.Columns);
        var own = new CardThread(warpRow, warpCol, Warp.LaneIdx / Across, Warp.LaneIdx % Across);
        ArrayView<float> sums = LocalMemory.Allocate<float>(default(TTile).Rows * default(TTile).Columns);
        Begin(sums, c, product, own, leftSide.IsByDepth, rightSide.IsByDepth, firstRow, firstCol, tile);
        int next = 0;
        for (int s = 0; s < tile.Stages - 1; s++)
        {
            if (next < all)
            {
                MatrixSide.BeginCopy<TLeft, TTile>(a, left, s * stage, rows, leftSide, firstRow, next);
                MatrixSide.BeginCopy<TRight, TTile>(b, right, s * stage, cols, rightSide, firstCol, next);
            }

            SharedCopy.Commit();
            next += Depth;
        }

        int at = 0, nextAt = (tile.Stages - 1) * stage;
        for (int start = 0; start < all; start += Depth)
        {
            // The piece is there for all, and all are done with the one that lay where the next goes.
            SharedCopy.Wait(default(TTile).Stages - 2);
            Group.Barrier();
            if (next < all)
            {
                MatrixSide.BeginCopy<TLeft, TTile>(a, left, nextAt, rows, leftSide, firstRow, next);
                MatrixSide.BeginCopy<TRight, TTile>(b, right, nextAt, cols, rightSide, firstCol, next);
            }

            SharedCopy.Commit();
            next += Depth;
            // Behind the last k nothing is added: a product of zeros would turn a sum of -0 into 0.
            int depth = IntrinsicMath.Min(Depth, all - start), k = 0;
            for (; k + 4 <= depth; k += 4)
                AddFour(sums, left, right, leftSide.IsByDepth, rightSide.IsByDepth, at, k, own, tile);
            for (; k < depth; k++)
                AddOne(sums, left, right, leftSide.IsByDepth, rightSide.IsByDepth, at, k, own, tile);
            at = at == (tile.Stages - 1) * stage ? 0 : at + stage;
            nextAt = nextAt == (tile.Stages - 1) * stage ? 0 : nextAt + stage;
        }

        End(sums, c, product, own, leftSide.IsByDepth, rightSide.IsByDepth, firstRow, firstCol, tile);
    }

    // Four k: all of the left side's are taken first, the right side's as they lie.
    static void AddFour<TTile>(ArrayView<float> sums, ArrayView<float> left, ArrayView<float> right, bool isLeftByDepth,
        bool isRightByDepth, int at, int k, CardThread own, TTile tile)
        where TTile : unmanaged, IFloatTile
    {
        ArrayView<float> values = LocalMemory.Allocate<float>(4 * default(TTile).Rows),
            row = LocalMemory.Allocate<float>(default(TTile).Columns);
        for (int e = 0; e < 4 * tile.Rows; e++)
        {
            int i = isLeftByDepth ? e % tile.Rows : e / 4, d = isLeftByDepth ? e / tile.Rows : e % 4;
            values[i * 4 + d] = left[at + own.LeftAt(isLeftByDepth, tile, i, k, d)];
        }

        if (isRightByDepth)
        {
            for (int d = 0; d < 4; d++)
            {
                for (int j = 0; j < tile.Columns; j++)
                    row[j] = right[at + own.RightAt(true, tile, j, k, d)];
                for (int i = 0; i < tile.Rows; i++)
                {
                    for (int j = 0; j < tile.Columns; j++)
                        sums[i * tile.Columns + j] = Fused.MultiplyAdd(values[i * 4 + d], row[j], sums[i * tile.Columns + j]);
                }
            }

            return;
        }

        for (int j = 0; j < tile.Columns; j++)
        {
            for (int d = 0; d < 4; d++)
                row[d] = right[at + own.RightAt(false, tile, j, k, d)];
            for (int d = 0; d < 4; d++)
            {
                for (int i = 0; i < tile.Rows; i++)
                    sums[i * tile.Columns + j] = Fused.MultiplyAdd(values[i * 4 + d], row[d], sums[i * tile.Columns + j]);
            }
        }
    }

    static void AddOne<TTile>(ArrayView<float> sums, ArrayView<float> left, ArrayView<float> right, bool isLeftByDepth,
        bool isRightByDepth, int at, int k, CardThread own, TTile tile)
        where TTile : unmanaged, IFloatTile
    {
        ArrayView<float> row = LocalMemory.Allocate<float>(default(TTile).Columns);
        for (int j = 0; j < tile.Columns; j++)
            row[j] = right[at + own.RightAt(isRightByDepth, tile, j, k & ~3, k & 3)];
        for (int i = 0; i < tile.Rows; i++)
        {
            float value = left[at + own.LeftAt(isLeftByDepth, tile, i, k & ~3, k & 3)];
            for (int j = 0; j < tile.Columns; j++)
                sums[i * tile.Columns + j] = Fused.MultiplyAdd(value, row[j], sums[i * tile.Columns + j]);
        }
    }

    static void Begin<TProduct, TTile>(ArrayView<float> sums, ArrayView<float> c, TProduct product, CardThread own, bool isLeftByDepth,
        bool isRightByDepth, int firstRow, int firstCol, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TTile : unmanaged, IFloatTile
    {
        for (int e = 0; e < tile.Rows * tile.Columns; e++)
            sums[e] = 0f;
        if (product.Accumulates)
            Exchange(sums, c, product, own, isLeftByDepth, isRightByDepth, firstRow, firstCol, tile, default(Load));
    }

    static void End<TProduct, TTile>(ArrayView<float> sums, ArrayView<float> c, TProduct product, CardThread own, bool isLeftByDepth,
        bool isRightByDepth, int firstRow, int firstCol, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TTile : unmanaged, IFloatTile =>
        Exchange(sums, c, product, own, isLeftByDepth, isRightByDepth, firstRow, firstCol, tile, default(Store));

    // Between the thread's sums and the result; runs of four neighbors at once where none of them lies across the result's edge.
    static void Exchange<TProduct, TTile, TWay>(ArrayView<float> sums, ArrayView<float> c, TProduct product, CardThread own,
        bool isLeftByDepth, bool isRightByDepth, int firstRow, int firstCol, TTile tile, TWay way)
        where TProduct : unmanaged, IProductExtent
        where TTile : unmanaged, IFloatTile
        where TWay : unmanaged, IWay
    {
        for (int i = 0; i < tile.Rows; i++)
        {
            int row = firstRow + own.Row(isLeftByDepth, tile.Rows, i);
            if (row >= product.Rows)
                continue;
            int place = product.RowAt(row);
            if (isRightByDepth && ((place | product.Cols) & 3) == 0)
            {
                for (int j = 0; j < tile.Columns; j += 4)
                {
                    int col = firstCol + own.Column(isRightByDepth, tile.Columns, j);
                    if (col >= product.Cols)
                        continue;
                    // A multiple of 4 already, which the compiler now sees.
                    int at = (place + col) & ~3;
                    for (int e = 0; e < 4; e++)
                        way.Move(sums, i * tile.Columns + j + e, c, at + e);
                }

                continue;
            }

            for (int j = 0; j < tile.Columns; j++)
            {
                int col = firstCol + own.Column(isRightByDepth, tile.Columns, j);
                if (col < product.Cols)
                    way.Move(sums, i * tile.Columns + j, c, place + col);
            }
        }
    }

    interface IWay
    {
        void Move(ArrayView<float> sums, int own, ArrayView<float> c, int at);
    }

    readonly struct Load : IWay
    {
        public void Move(ArrayView<float> sums, int own, ArrayView<float> c, int at) => sums[own] = c[at];
    }

    readonly struct Store : IWay
    {
        public void Move(ArrayView<float> sums, int own, ArrayView<float> c, int at) => c[at] = sums[own];
    }

    // The thread's rows and columns of the tile: in runs of up to four where neighbors of a k lie side by side, else one of each four or eight.
    readonly record struct CardThread(int WarpRow, int WarpCol, int Down, int Across)
    {
        public int Row(bool isByDepth, int rows, int i) => WarpRow + Of(isByDepth, i, Run(rows), CardProduct.Down, Down);

        public int Column(bool isByDepth, int columns, int j) => WarpCol + Of(isByDepth, j, Run(columns), CardProduct.Across, Across);

        // Where k + d of a row lies in shared memory; k is a multiple of 4.
        public int LeftAt<TTile>(bool isByDepth, TTile tile, int i, int k, int d)
            where TTile : unmanaged, IFloatTile
        {
            int run = Run(tile.Rows);
            return At(isByDepth, tile, WarpRow + Of(isByDepth, First(isByDepth, i, run), run, CardProduct.Down, Down), k, d)
                + i - First(isByDepth, i, run);
        }

        public int RightAt<TTile>(bool isByDepth, TTile tile, int j, int k, int d)
            where TTile : unmanaged, IFloatTile
        {
            int run = Run(tile.Columns);
            return At(isByDepth, tile, WarpCol + Of(isByDepth, First(isByDepth, j, run), run, CardProduct.Across, Across), k, d)
                + j - First(isByDepth, j, run);
        }

        static int Run(int count) => IntrinsicMath.Min(4, count);

        // Of a run the first, so that the compiler sees its neighbors to be side by side.
        static int First(bool isByDepth, int i, int run) => isByDepth ? i / run * run : i;

        static int Of(bool isByDepth, int i, int run, int threads, int own) =>
            isByDepth ? i / run * (threads * run) + own * run + i % run : i * threads + own;

        static int At<TTile>(bool isByDepth, TTile tile, int row, int k, int d)
            where TTile : unmanaged, IFloatTile =>
            isByDepth ? k * tile.Side + MatrixSide.ByDepth(tile, row, d) : MatrixSide.ByRow(row, k / 4) + d;
    }
}
