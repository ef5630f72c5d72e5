// The products of TileProduct.cs for matrix units:  c[i, j] = (or +=) sum over k of round(left[i, k]) * round(right[j, k])
//   left [rows, depth] and right [cols, depth] are what the sides say (MatrixSide.cs); round is to TensorFloat-32 or bfloat16, as the numbers leave shared memory
//   Sides that are kept in bfloat16 are not rounded again: depth, or rows and cols, count words of two then. c may be kept so too.
//   c is written (=) or, where the product says so, added to (+=): sums of floats over all of k from zero, in the order of the matrix units, then c
//   Where c has few tiles and k is long, k is summed in parts: [part, c] in a workspace, then from zero over the parts in rising order, then c.
// A group of 4 warps has a tile of 64 x 64 or 128 x 128, each warp a quarter of it, with all sums in registers. Shared memory holds some pieces of 16 k of both sides: while the first is
// multiplied, the others are on their way (cp.async of 16 bytes, or of 4 where sizes are no multiples of 4). Warps read it without bank conflicts, what lies by row through ldmatrix.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Over how many groups k is spread, and where their results lie.</summary>
/// <param name="Count">The parts.</param>
/// <param name="Pieces">Pieces of k of each part.</param>
/// <param name="Length">Elements from one part's result to the next.</param>
/// <param name="StoresPairs">1 if the result is written in bfloat16, two neighbors to a word.</param>
readonly record struct MatrixParts(int Count, int Pieces, int Length, int StoresPairs);

/// <summary>A kernel of a product in two tiles.</summary>
readonly record struct MatrixTiles<TShape>(
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape, MatrixParts> Large,
    Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape, MatrixParts> Small)
    where TShape : unmanaged;

/// <summary>A kernel of a product by what it multiplies: floats, rounded to one of two formats, or words of two bfloat16.</summary>
readonly record struct MatrixForms<TShape>(MatrixTiles<TShape> TensorFloats, MatrixTiles<TShape> BrainFloats,
    MatrixTiles<TShape> StoredBrainFloats)
    where TShape : unmanaged
{
    /// <summary>The one for a device's precision and sides of a type.</summary>
    public MatrixTiles<TShape> Of(Precision precision, ElementType sides) => sides == ElementType.BFloat16 ? StoredBrainFloats
        : precision == Precision.Tf32 ? TensorFloats : BrainFloats;
}

/// <summary>The size of a product, or of several that the group's z tells apart.</summary>
/// <param name="Rows">Rows of the result, the most of any.</param>
/// <param name="Cols">Columns of the result.</param>
/// <param name="Depth">The summed extent, the longest of any.</param>
/// <param name="Accumulates">Whether the result is added to.</param>
/// <param name="Products">How many.</param>
readonly record struct MatrixExtent(int Rows, int Cols, int Depth, bool Accumulates, int Products = 1)
{
    /// <summary>Elements of workspace for a result of so many elements.</summary>
    public int Workspace(int length) => MatrixPlan.PartsOf(Rows, Cols, Depth, Products) is > 1 and var parts ? checked(parts * length) : 0;
}

/// <summary>Launches products for matrix units, and what their kernels do.</summary>
static class MatrixProduct
{
    /// <summary>Runs a product in the precision of the device.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="tiles">The kernel.</param>
    /// <param name="left">The left side.</param>
    /// <param name="right">The right side.</param>
    /// <param name="result">The result, all of it; of bfloat16, its words.</param>
    /// <param name="type">What the result is kept in.</param>
    /// <param name="workspace">At least as long as <see cref="MatrixExtent.Workspace"/> says, or empty: then k is in one part.</param>
    /// <param name="shape">The kernel's own.</param>
    /// <param name="extent">How large it is.</param>
    public static void Launch<TShape>(
        Stream stream, in MatrixTiles<TShape> tiles, ArrayView<float> left, ArrayView<float> right, ArrayView<float> result,
        ElementType type, ArrayView<float> workspace, TShape shape, MatrixExtent extent)
        where TShape : unmanaged
    {
        int count = workspace.Length == 0 ? 1 : MatrixPlan.PartsOf(extent.Rows, extent.Cols, extent.Depth, extent.Products);
        var plan = MatrixPlan.Of(stream.Device, extent.Rows, extent.Cols, count, extent.Products);
        if (plan.IsLarge)
            Run(default(LargeMatrixTile), tiles.Large);
        else
            Run(default(SmallMatrixTile), tiles.Small);

        void Run<TTile>(TTile tile, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape, MatrixParts> kernel)
            where TTile : unmanaged, IMatrixTile =>
            MatrixProduct.Run(stream, kernel, tile, left, right, result, type, workspace, shape, extent, count);
    }

    /// <summary>Runs a product of sides in bfloat16 that both have rows as neighbors in memory.</summary>
    /// <inheritdoc cref="Launch"/>
    public static void LaunchPaired<TShape>(
        Stream stream, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape, MatrixParts> kernel, ArrayView<float> left,
        ArrayView<float> right, ArrayView<float> result, ArrayView<float> workspace, TShape shape, MatrixExtent extent)
        where TShape : unmanaged
    {
        int count = workspace.Length == 0 ? 1 : MatrixPlan.PartsOf(extent.Rows, extent.Cols, extent.Depth, extent.Products);
        Run(stream, kernel, default(PairedMatrixTile), left, right, result, ElementType.Float32, workspace, shape, extent, count);
    }

    static void Run<TShape, TTile>(
        Stream stream, Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, TShape, MatrixParts> kernel, TTile tile,
        ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, ElementType type, ArrayView<float> workspace, TShape shape,
        MatrixExtent extent, int count)
        where TShape : unmanaged
        where TTile : unmanaged, IMatrixTile
    {
        bool isPaired = type == ElementType.BFloat16;
        int side = tile.Side * tile.RowsPerWord, length = isPaired ? checked(2 * result.IntLength) : result.IntLength;
        var parts = new MatrixParts(count, IntrinsicMath.DivRoundUp(IntrinsicMath.DivRoundUp(extent.Depth, MatrixPlan.Depth), count),
            count == 1 ? 0 : length, isPaired && count == 1 ? 1 : 0);
        var groups = new Index3D(checked(IntrinsicMath.DivRoundUp(extent.Cols, side) * count), IntrinsicMath.DivRoundUp(extent.Rows, side),
            extent.Products);
        stream.Launch(kernel, new KernelConfig(groups, new Index3D(tile.Threads, 1, 1)), left, right, count == 1 ? result : workspace,
            shape, parts);
        if (count == 1)
            return;
        if (isPaired)
            stream.Launch(AddPartsToPairsKernel, result.IntLength, workspace.SubView(0, count * length), result, length, count);
        else
            AddParts(stream, workspace, result, count, extent.Accumulates);
    }

    /// <summary>Adds the parts of a result, in order.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="parts">One behind the other.</param>
    /// <param name="result">The result, all of it.</param>
    /// <param name="count">How many parts.</param>
    /// <param name="accumulates">Whether they are added to what is there.</param>
    public static void AddParts(Stream stream, ArrayView<float> parts, ArrayView<float> result, int count, bool accumulates)
    {
        int length = result.IntLength;
        stream.Launch(AddPartsKernel, length, parts.SubView(0, count * length), result, length, count, accumulates ? 1 : 0);
    }

    /// <summary>What one group does: a tile, or a part of its k. Rows and columns past the edge are not stored.</summary>
    public static void Multiply<TProduct, TLeft, TRight, TFormat, TTile>(
        ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, TProduct product, TLeft leftSide, TRight rightSide, MatrixParts parts,
        TFormat format, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TLeft : unmanaged, IMatrixSide
        where TRight : unmanaged, IMatrixSide
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile
    {
        const int depth = MatrixPlan.Depth;
        int side = tile.Side, half = side / 2, part = Grid.IdxX % parts.Count, firstRow = Grid.IdxY * side,
            firstCol = Grid.IdxX / parts.Count * side;
        // Of several products, some may have fewer rows.
        if (firstRow * tile.RowsPerWord >= product.Rows)
            return;
        ArrayView<float> left = SharedMemory.Allocate<float>(default(TTile).Stages * default(TTile).Side * depth),
            right = SharedMemory.Allocate<float>(default(TTile).Stages * default(TTile).Side * depth);
        ArrayView<int> rows = LocalMemory.Allocate<int>(3 * default(TTile).Side * depth / 4 / default(TTile).Threads),
            cols = LocalMemory.Allocate<int>(3 * default(TTile).Side * depth / 4 / default(TTile).Threads);
        MatrixSide.FindRows<TLeft, TTile>(rows, leftSide, firstRow);
        MatrixSide.FindRows<TRight, TTile>(cols, rightSide, firstCol);
        int warpRow = Warp.WarpIdx / 2 * half, warpCol = Warp.WarpIdx % 2 * half;
        ArrayView<float> sums = LocalMemory.Allocate<float>(
            default(TTile).Side * default(TTile).Side * default(TTile).RowsPerWord * default(TTile).RowsPerWord / default(TTile).Threads);
        int wide = half * tile.RowsPerWord;
        for (int i = 0; i < wide / 8; i++)
        {
            for (int e = 0; e < wide / 4; e++)
                sums[i * (wide / 4) + e] = 0f;
        }


        int piece = part * parts.Pieces, end = IntrinsicMath.Min(piece + parts.Pieces, IntrinsicMath.DivRoundUp(product.Depth, depth)),
            next = piece;
        for (int stage = 0; stage < tile.Stages - 1; stage++)
        {
            if (next < end)
            {
                BeginCopy<TLeft, TRight, TTile>(a, b, left, right, stage * side * depth, rows, cols, leftSide, rightSide, firstRow,
                    firstCol, next * depth);
            }

            SharedCopy.Commit();
            next++;
        }

        int at = 0, nextAt = (tile.Stages - 1) * side * depth;
        for (; piece < end; piece++)
        {
            // The piece is there for all, and all are done with the one that lay where the next goes.
            SharedCopy.Wait(default(TTile).Stages - 2);
            Group.Barrier();
            if (next < end)
            {
                BeginCopy<TLeft, TRight, TTile>(a, b, left, right, nextAt, rows, cols, leftSide, rightSide, firstRow, firstCol,
                    next * depth);
            }

            SharedCopy.Commit();
            next++;
            if (tile.RowsPerWord == 2)
            {
                AddPairedStep(sums, left, right, at, warpRow, warpCol, format, tile);
            }
            else
            {
                for (int k = 0; k < depth; k += 8 * format.Blocks)
                    AddStep(sums, left, right, leftSide.IsByDepth, rightSide.IsByDepth, at, warpRow, warpCol, k, format, tile);
            }

            at = at == (tile.Stages - 1) * side * depth ? 0 : at + side * depth;
            nextAt = nextAt == (tile.Stages - 1) * side * depth ? 0 : nextAt + side * depth;
        }

        if (tile.RowsPerWord == 2)
            StorePaired(sums, c, product, parts, part, firstRow + warpRow, firstCol + warpCol, tile);
        else if (format.MayStorePairs && parts.StoresPairs != 0)
            StorePairs(sums, c, product, firstRow + warpRow, firstCol + warpCol, tile);
        else
            Store(sums, c, product, parts, part, firstRow + warpRow, firstCol + warpCol, tile);
    }

    static void BeginCopy<TLeft, TRight, TTile>(
        ArrayView<float> a, ArrayView<float> b, ArrayView<float> left, ArrayView<float> right, int to, ArrayView<int> rows,
        ArrayView<int> cols,
        TLeft leftSide, TRight rightSide, int firstRow, int firstCol, int start)
        where TLeft : unmanaged, IMatrixSide
        where TRight : unmanaged, IMatrixSide
        where TTile : unmanaged, IMatrixTile
    {
        MatrixSide.BeginCopy<TLeft, TTile>(a, left, to, rows, leftSide, firstRow, start);
        MatrixSide.BeginCopy<TRight, TTile>(b, right, to, cols, rightSide, firstCol, start);
    }

    // One step of k: the warp's part of the right side is taken once, and meets each 16 rows of the left side.
    static void AddStep<TFormat, TTile>(ArrayView<float> sums, ArrayView<float> left, ArrayView<float> right, bool isLeftByDepth,
        bool isRightByDepth, int at, int warpRow, int warpCol, int k, TFormat format, TTile tile)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile
    {
        int half = tile.Side / 2, columns = half / 8;
        ArrayView<uint> words = LocalMemory.Allocate<uint>(default(TTile).Side / 8);
        for (int j = 0; j < columns / 2; j++)
        {
            MatrixRows first = Columns(right, isRightByDepth, tile, at, warpCol + 16 * j, k), other = first;
            if (format.Blocks > 1)
                other = Columns(right, isRightByDepth, tile, at, warpCol + 16 * j, k + 8);
            MatrixRight one = format.Right(first.First, first.Second, other.First, other.Second),
                two = format.Right(first.Third, first.Fourth, other.Third, other.Fourth);
            words[4 * j] = one.First;
            words[4 * j + 1] = one.Second;
            words[4 * j + 2] = two.First;
            words[4 * j + 3] = two.Second;
        }

        for (int i = 0; i < half / 16; i++)
        {
            MatrixRows first = Rows(left, isLeftByDepth, tile, at, warpRow + 16 * i, k), other = first;
            if (format.Blocks > 1)
                other = Rows(left, isLeftByDepth, tile, at, warpRow + 16 * i, k + 8);
            MatrixLeft part = format.Left(first, other);
            for (int j = 0; j < columns; j++)
            {
                int s = (i * columns + j) * 4;
                MatrixSums sum = format.MultiplyAdd(part, new MatrixRight(words[2 * j], words[2 * j + 1]),
                    new MatrixSums(sums[s], sums[s + 1], sums[s + 2], sums[s + 3]));
                sums[s] = sum.First;
                sums[s + 1] = sum.Second;
                sums[s + 2] = sum.Third;
                sums[s + 3] = sum.Fourth;
            }
        }
    }

    // 16 k of words that hold two rows each: the lower halves of 8 words are 8 rows for the unit, the upper halves the next 8; of columns likewise.
    static void AddPairedStep<TFormat, TTile>(ArrayView<float> sums, ArrayView<float> left, ArrayView<float> right, int at, int warpRow,
        int warpCol, TFormat format, TTile tile)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile
    {
        int half = tile.Side / 2, columns = half / 4;
        ArrayView<uint> words = LocalMemory.Allocate<uint>(default(TTile).Side / 2);
        for (int j = 0; j < half / 8; j++)
        {
            MatrixRows pairs = Pairs(right, at, warpCol + 8 * j, tile);
            words[4 * j] = pairs.First;
            words[4 * j + 1] = pairs.Third;
            words[4 * j + 2] = pairs.Second;
            words[4 * j + 3] = pairs.Fourth;
        }

        for (int i = 0; i < half / 8; i++)
        {
            MatrixRows pairs = Pairs(left, at, warpRow + 8 * i, tile);
            MatrixLeft part = format.Left(pairs, pairs);
            for (int j = 0; j < columns; j++)
            {
                int s = (i * columns + j) * 4;
                MatrixSums sum = format.MultiplyAdd(part, new MatrixRight(words[2 * j], words[2 * j + 1]),
                    new MatrixSums(sums[s], sums[s + 1], sums[s + 2], sums[s + 3]));
                sums[s] = sum.First;
                sums[s + 1] = sum.Second;
                sums[s + 2] = sum.Third;
                sums[s + 3] = sum.Fourth;
            }
        }
    }

    // The thread's word of rows at k and k + 1: the lower halves, the upper halves, and both again 8 k further.
    static MatrixRows Pairs<TTile>(ArrayView<float> shared, int at, int word, TTile tile)
        where TTile : unmanaged, IMatrixTile
    {
        int row = word + (Warp.LaneIdx >> 2), k = 2 * (Warp.LaneIdx & 3);
        uint one = Word(shared, tile, at, row, k), two = Word(shared, tile, at, row, k + 1), three = Word(shared, tile, at, row, k + 8),
            four = Word(shared, tile, at, row, k + 9);
        return new MatrixRows(Lower(one, two), Upper(one, two), Lower(three, four), Upper(three, four));
    }

    static uint Lower(uint first, uint second) => first & 0xFFFF | second << 16;

    static uint Upper(uint first, uint second) => first >> 16 | second & 0xFFFF0000;

    // 16 rows by 8 k: rows and k 0 to 7 and 0 to 3, the other rows, the other k, both.
    static MatrixRows Rows<TTile>(ArrayView<float> shared, bool isByDepth, TTile tile, int at, int row, int k)
        where TTile : unmanaged, IMatrixTile
    {
        int lane = Warp.LaneIdx;
        if (!isByDepth)
            return Matrix.LoadRows(shared, at + MatrixSide.ByRow(row + (lane & 15), k / 4 + (lane >> 4)));
        int first = row + (lane >> 2), from = k + (lane & 3);
        return new MatrixRows(Word(shared, tile, at, first, from), Word(shared, tile, at, first + 8, from),
            Word(shared, tile, at, first, from + 4), Word(shared, tile, at, first + 8, from + 4));
    }

    // 16 columns by 8 k: columns and k 0 to 7 and 0 to 3, the other k, the other columns, both.
    static MatrixRows Columns<TTile>(ArrayView<float> shared, bool isByDepth, TTile tile, int at, int col, int k)
        where TTile : unmanaged, IMatrixTile
    {
        int lane = Warp.LaneIdx;
        if (!isByDepth)
            return Matrix.LoadRows(shared, at + MatrixSide.ByRow(col + (lane & 7) + (lane >> 4 << 3), k / 4 + (lane >> 3 & 1)));
        int first = col + (lane >> 2), from = k + (lane & 3);
        return new MatrixRows(Word(shared, tile, at, first, from), Word(shared, tile, at, first, from + 4),
            Word(shared, tile, at, first + 8, from), Word(shared, tile, at, first + 8, from + 4));
    }

    static uint Word<TTile>(ArrayView<float> shared, TTile tile, int at, int row, int k)
        where TTile : unmanaged, IMatrixTile => Interop.FloatAsInt(shared[at + MatrixSide.ByDepth(tile, row, k)]);

    static void Store<TProduct, TTile>(ArrayView<float> sums, ArrayView<float> c, TProduct product, MatrixParts parts, int part, int row,
        int col, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TTile : unmanaged, IMatrixTile
    {
        int half = tile.Side / 2, columns = half / 8, all = product.Rows, cols = product.Cols, firstRow = row + (Warp.LaneIdx >> 2),
            firstCol = col + (Warp.LaneIdx & 3) * 2;
        bool accumulates = product.Accumulates && parts.Count == 1;
        for (int i = 0; i < half / 8; i++)
        {
            if (firstRow + 8 * i >= all)
                continue;
            int place = part * parts.Length + product.RowAt(firstRow + 8 * i);
            for (int j = 0; j < 2 * columns; j++)
            {
                int at = firstCol + j / 2 * 8 + j % 2;
                float sum = sums[(i / 2 * columns + j / 2) * 4 + i % 2 * 2 + j % 2];
                if (at < cols)
                    c[place + at] = accumulates ? c[place + at] + sum : sum;
            }
        }
    }

    // The result in bfloat16: a thread has two neighboring columns of each eight.
    static void StorePairs<TProduct, TTile>(ArrayView<float> sums, ArrayView<float> c, TProduct product, int row, int col, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TTile : unmanaged, IMatrixTile
    {
        int half = tile.Side / 2, columns = half / 8, all = product.Rows, cols = product.Cols, firstRow = row + (Warp.LaneIdx >> 2),
            firstCol = col + (Warp.LaneIdx & 3) * 2;
        for (int i = 0; i < half / 8; i++)
        {
            if (firstRow + 8 * i >= all)
                continue;
            int place = product.RowAt(firstRow + 8 * i);
            for (int j = 0; j < columns; j++)
            {
                int s = (i / 2 * columns + j) * 4 + i % 2 * 2;
                if (firstCol + 8 * j < cols)
                    c[place + firstCol + 8 * j >> 1] = BrainFloatPair.Of(sums[s], sums[s + 1]);
            }
        }
    }

    // A thread has two neighboring rows and four neighboring columns of each 16.
    static void StorePaired<TProduct, TTile>(ArrayView<float> sums, ArrayView<float> c, TProduct product, MatrixParts parts, int part,
        int row, int col, TTile tile)
        where TProduct : unmanaged, IProductExtent
        where TTile : unmanaged, IMatrixTile
    {
        int half = tile.Side / 2, columns = half / 4, all = product.Rows, cols = product.Cols,
            firstRow = 2 * (row + (Warp.LaneIdx >> 2)), firstCol = 2 * col + 4 * (Warp.LaneIdx & 3);
        bool accumulates = product.Accumulates && parts.Count == 1;
        for (int i = 0; i < half / 4; i++)
        {
            int own = firstRow + i / 2 * 16 + i % 2;
            if (own >= all)
                continue;
            int place = part * parts.Length + product.RowAt(own);
            for (int j = 0; j < half / 8; j++)
            {
                // Of columns there are a multiple of 8.
                int at = place + firstCol + 16 * j & ~3;
                for (int e = 0; e < 4; e++)
                {
                    float sum = sums[(i / 2 * columns + 2 * j + e % 2) * 4 + i % 2 * 2 + e / 2];
                    if (firstCol + 16 * j < cols)
                        c[at + e] = accumulates ? c[at + e] + sum : sum;
                }
            }
        }
    }

    // One thread for each word of the result.
    static void AddPartsToPairsKernel(Index1D i, ArrayView<float> parts, ArrayView<float> result, int length, int count)
    {
        float low = 0f, high = 0f;
        for (int part = 0; part < count; part++)
        {
            low += parts[part * length + 2 * i];
            high += parts[part * length + 2 * i + 1];
        }

        result[i] = BrainFloatPair.Of(low, high);
    }

    // One thread for each element of the result.
    static void AddPartsKernel(Index1D i, ArrayView<float> parts, ArrayView<float> result, int length, int count, int accumulates)
    {
        float sum = 0f;
        for (int part = 0; part < count; part++)
            sum += parts[part * length + i];
        result[i] = accumulates != 0 ? result[i] + sum : sum;
    }
}
