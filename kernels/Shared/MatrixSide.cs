// How a side of a product on a card is found in memory, is copied, and lies in shared memory.
//   A side is a matrix [rows, k]: the product's left one, or the right one turned over. Element (row, k) lies where the sum of two places says, one of the row and one of k.
//   In shared memory its neighbors stay neighbors, four to a piece of 16 bytes, with the pieces of a line swapped (by xor) so that what 8 lanes (16 bytes each) or 32 lanes (4 bytes
//   each) touch at once lies in 32 banks:  by row [row][k], piece p of row r at place p ^ (r / 2 % 4);  by k [k][row], row r of k at place r ^ 8 (k % 4).
//   Numbers in bfloat16 lie two to a word, neighbors in memory: a side counts such words in place of rows or k, whichever are neighbors. Where they are rows, row r of k is at place r ^ 8 (k / 2 % 4).
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>A place, or what is added to one: in memory, and in a picture, where what lies outside of it is zero. Of a plain matrix, the picture is one pixel.</summary>
/// <param name="At">Elements from the beginning.</param>
/// <param name="Y">The line of the picture.</param>
/// <param name="X">The column of the picture.</param>
readonly record struct MatrixPlace(int At, int Y, int X)
{
    // Two of them still lie outside.
    const int Outside = 1 << 29;

    /// <summary>The place, or one outside of every picture.</summary>
    public static MatrixPlace If(bool isInside, int at, int y, int x) => new(at, isInside ? y : Outside, x);
}

/// <summary>A side of a product.</summary>
interface IMatrixSide
{
    /// <summary>A constant: whether neighbors in memory are rows of one k, not k of one row.</summary>
    bool IsByDepth { get; }

    /// <summary>Whether each four neighbors, from a multiple of 4 on, lie at a multiple of 4 side by side, and all inside or all outside.</summary>
    bool IsInFours { get; }

    /// <summary>Lines of the picture.</summary>
    int High { get; }

    /// <summary>Columns of the picture.</summary>
    int Wide { get; }

    /// <summary>What a row adds to the place; outside behind the last one.</summary>
    MatrixPlace Row(int row);

    /// <summary>What k adds to the place; outside behind the last one.</summary>
    MatrixPlace Depth(int k);
}

/// <summary>A matrix as it is stored, or its transpose.</summary>
readonly struct PlainSide(int rows, int depth, int stride, bool isByDepth) : IMatrixSide
{
    public bool IsByDepth => isByDepth;

    public bool IsInFours => (stride | (isByDepth ? rows : depth)) % 4 == 0;

    public int High => 1;

    public int Wide => 1;

    public MatrixPlace Row(int row) => MatrixPlace.If(row < rows, isByDepth ? row : row * stride, 0, 0);

    public MatrixPlace Depth(int k) => MatrixPlace.If(k < depth, isByDepth ? k * stride : k, 0, 0);
}

/// <summary>A side's place in shared memory, and how it comes there.</summary>
static class MatrixSide
{
    const int Depth = MatrixPlan.Depth;

    /// <summary>Where a piece of four of a row begins.</summary>
    public static int ByRow(int row, int piece) => row * Depth + ((piece ^ (row >> 1 & 3)) << 2);

    /// <summary>Where a row of one k lies.</summary>
    public static int ByDepth<TTile>(TTile tile, int row, int k)
        where TTile : unmanaged, IMatrixTile => k * tile.Side + (row ^ (k / tile.RowsPerWord & 3) << 3);

    /// <summary>The places of the rows that the thread copies, which are the same for every piece of k: a fixed number of them, three numbers each.</summary>
    public static void FindRows<TSide, TTile>(ArrayView<int> places, TSide side, int first)
        where TSide : unmanaged, IMatrixSide
        where TTile : unmanaged, IMatrixTile
    {
        int thread = Group.IdxX, pieces = default(TTile).Side / 4, threads = default(TTile).Threads;
        for (int i = 0; i < default(TTile).Side * Depth / 4 / default(TTile).Threads; i++)
        {
            MatrixPlace place = side.Row(first + (side.IsByDepth ? thread % pieces * 4 : thread / (Depth / 4) + threads / (Depth / 4) * i));
            places[3 * i] = place.At;
            places[3 * i + 1] = place.Y;
            places[3 * i + 2] = place.X;
        }
    }

    /// <summary>Begins to copy a piece of k.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="shared">Where it goes.</param>
    /// <param name="to">Its beginning there.</param>
    /// <param name="places">Of the thread's rows.</param>
    /// <param name="side">The side.</param>
    /// <param name="first">The tile's first row.</param>
    /// <param name="start">The piece's first k.</param>
    public static void BeginCopy<TSide, TTile>(ArrayView<float> source, ArrayView<float> shared, int to, ArrayView<int> places, TSide side,
        int first, int start)
        where TSide : unmanaged, IMatrixSide
        where TTile : unmanaged, IMatrixTile
    {
        if (side.IsByDepth)
            BeginByDepth<TSide, TTile>(source, shared, to, places, side, first, start);
        else
            BeginByRow<TSide, TTile>(source, shared, to, places, side, start);
    }

    // Four threads have the pieces of a row.
    static void BeginByRow<TSide, TTile>(ArrayView<float> source, ArrayView<float> shared, int to, ArrayView<int> places, TSide side,
        int start)
        where TSide : unmanaged, IMatrixSide
        where TTile : unmanaged, IMatrixTile
    {
        const int pieces = Depth / 4;
        int step = default(TTile).Threads / pieces, piece = Group.IdxX % pieces, row = Group.IdxX / pieces, k = start + 4 * piece,
            target = to + ByRow(row, piece);
        if (side.IsInFours)
        {
            MatrixPlace more = side.Depth(k);
            for (int i = 0; i < default(TTile).Side / step; i++)
            {
                SharedCopy.BeginFour(shared, target + i * step * Depth, source, places[3 * i] + more.At,
                    IsInside(side, places[3 * i + 1] + more.Y, places[3 * i + 2] + more.X));
            }

            return;
        }

        for (int e = 0; e < 4; e++)
        {
            MatrixPlace more = side.Depth(k + e);
            for (int i = 0; i < default(TTile).Side / step; i++)
            {
                SharedCopy.Begin(shared, target + i * step * Depth + e, source, places[3 * i] + more.At,
                    IsInside(side, places[3 * i + 1] + more.Y, places[3 * i + 2] + more.X));
            }
        }
    }

    // Each thread has four rows of some k.
    static void BeginByDepth<TSide, TTile>(ArrayView<float> source, ArrayView<float> shared, int to, ArrayView<int> places, TSide side,
        int first, int start)
        where TSide : unmanaged, IMatrixSide
        where TTile : unmanaged, IMatrixTile
    {
        int pieces = default(TTile).Side / 4, step = default(TTile).Threads / pieces;
        int row = Group.IdxX % pieces * 4, k = Group.IdxX / pieces, target = to + ByDepth(default(TTile), row, k);
        if (side.IsInFours)
        {
            for (int i = 0; i < Depth / step; i++)
            {
                MatrixPlace more = side.Depth(start + k + i * step);
                SharedCopy.BeginFour(shared, target + i * step * default(TTile).Side, source, places[0] + more.At,
                    IsInside(side, places[1] + more.Y, places[2] + more.X));
            }

            return;
        }

        for (int e = 0; e < 4; e++)
        {
            MatrixPlace place = side.Row(first + row + e);
            for (int i = 0; i < Depth / step; i++)
            {
                MatrixPlace more = side.Depth(start + k + i * step);
                SharedCopy.Begin(shared, target + i * step * default(TTile).Side + e, source, place.At + more.At,
                    IsInside(side, place.Y + more.Y, place.X + more.X));
            }
        }
    }

    static bool IsInside<TSide>(TSide side, int y, int x)
        where TSide : unmanaged, IMatrixSide => (uint)y < (uint)side.High & (uint)x < (uint)side.Wide;
}
