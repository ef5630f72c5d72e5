// What a group of an attention does with its 32 columns, queries or keys, and rows of the other side:
//   scores[row, column] = a function of the sum over d of piece[row, d] * side[column, d],   result[column] += sum over the rows of scores[row, column] * piece[row]
//   result[row] += sum over the columns of scores[row, column] * piece[column]
//   side [size, 32] is turned, so that columns are the lanes; piece is [panels of 32 values, rows, 32]: rows of a product's left side, or of its right one; scores [64, 32]
// Sums are those of RegisterTile.cs. A group is threads along x, 32 at most, by lines along y, which share the rows; no bit depends on either.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>What becomes of a product of a row and one of the thread's columns.</summary>
interface IScore
{
    float First(float product, int row, int own);

    /// <summary>The same in the second stage, from what the first one made. Rows behind the last one ask too.</summary>
    float Second(float product, float first, int row, int own);
}

/// <summary>A group's shared memory, and the products in it.</summary>
/// <param name="Shared">Sides, scores and a piece.</param>
/// <param name="Scores">Where the scores begin.</param>
/// <param name="Piece">Where the piece begins.</param>
/// <param name="PieceRows">Rows of a piece, a multiple of 8.</param>
/// <param name="Size">Values of a head.</param>
readonly record struct AttentionTile(ArrayView<float> Shared, int Scores, int Piece, int PieceRows, int Size)
{
    /// <summary>Columns.</summary>
    public const int Panel = RegisterTile.RightStep;

    /// <summary>Columns of a thread.</summary>
    public static int Owned => Panel / Group.DimX;

    /// <summary>The first of the rows of a result that a line has; the lines have eight each in turn.</summary>
    public static int FirstRow => Group.IdxY * RegisterTile.Rows;

    static int Columns => Group.DimX * RegisterTile.ThreadColumns <= Panel ? RegisterTile.ThreadColumns : 1;

    /// <summary>A thread's columns by number.</summary>
    public static int Column(int own) => Group.IdxX + own * Group.DimX;

    /// <summary>Where a score of one of the thread's columns lies.</summary>
    public int ScoreAt(int row, int own) => Scores + row * Panel + Column(own);

    /// <summary>The line's next row.</summary>
    public static int RowAfter(int row) => (row + 1) % RegisterTile.Rows == 0 ? row + 1 + (Group.DimY - 1) * RegisterTile.Rows : row + 1;

    /// <summary>Rows become the columns of a side; columns of rows that are not there are zeros. They pass through the room of the scores and the piece.</summary>
    public void CopyTurned(int side, ArrayView<float> source, int from, int stride, int rows)
    {
        int thread = Group.IdxX;
        Copy(Scores, Panel, source, from, stride, rows, Panel);
        // One loop over all squares, so that their code is there once.
        int squares = (Size + Group.DimX - 1) / Group.DimX * Owned;
        for (int i = Group.IdxY; i < squares; i += Group.DimY)
        {
            int d = i / Owned * Group.DimX, c = i % Owned * Group.DimX,
                at = Scores + (d & -Panel) * Panel + c * Panel + (d & (Panel - 1)) + thread, to = side + d * Panel + c + thread;
            ArrayView<float> square = LocalMemory.Allocate<float>(Panel);
            for (int row = 0; row < Group.DimX; row++)
                square[row] = Shared[at + row * Panel];
            TransposeOp.Turn(square);
            for (int row = 0; row < Group.DimX; row++)
                Shared[to + row * Panel] = square[row];
        }
    }

    /// <summary>The next piece, when all are done with the one before; zeros behind the last row of eight and behind the last value.</summary>
    public void Renew(ArrayView<float> source, int from, int stride, int rows)
    {
        int end = rows + RegisterTile.Rows - 1 & -RegisterTile.Rows;
        Copy(Piece, PieceRows, source, from, stride, rows, end);
    }

    // All are done with what was there; zeros behind the last row and the last value.
    void Copy(int target, int targetRows, ArrayView<float> source, int from, int stride, int rows, int end)
    {
        Group.Barrier();
        for (int row = Group.IdxY; row < end; row += Group.DimY)
        {
            for (int d = 0; d < Size; d += Panel)
            {
                int to = target + d * targetRows + row * Panel, at = from + row * stride + d;
                if (row < rows && d + Panel <= Size)
                {
                    for (int e = 0; e < Owned; e++)
                        Shared[to + Column(e)] = source[at + Column(e)];
                }
                else
                {
                    for (int e = 0; e < Owned; e++)
                        Shared[to + Column(e)] = row < rows && d + Column(e) < Size ? source[at + Column(e)] : 0f;
                }
            }
        }

        Group.Barrier();
    }

    /// <summary>Scores of the piece's rows and the columns of a side, from row p of the scores on.</summary>
    public void Multiply<TScore>(int side, int p, int rows, TScore score, int stage)
        where TScore : struct, IScore
    {
        for (int row = FirstRow; row < rows; row += Group.DimY * RegisterTile.Rows)
        {
            for (int c = 0; c < Owned / Columns; c++)
            {
                ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                for (int i = 0; i < RegisterTile.Rows * RegisterTile.ThreadColumns; i++)
                    sums[i] = 0f;
                for (int d = 0; d < Size; d += Panel)
                {
                    RegisterTile.Add(
                        sums, Shared, Piece + d * PieceRows + row * Panel, Panel, 1, Shared, side + d * Panel + c * Columns * Group.DimX,
                        IntrinsicMath.Min(Panel, Size - d), Columns);
                }

                for (int i = 0; i < RegisterTile.Rows; i++)
                {
                    for (int j = 0; j < Columns; j++)
                    {
                        int own = c * Columns + j, at = ScoreAt(p + row + i, own);
                        float product = sums[i * RegisterTile.ThreadColumns + j];
                        Shared[at] = stage == 0 ? product : score.Second(product, Shared[at], row + i, own);
                    }
                }

                // In a loop that stays one: exponentials are long, and .NET keeps the values of long code on the stack.
                int count = stage == 0 ? IntrinsicMath.Min(RegisterTile.Rows, rows - row) : 0;
                for (int i = 0; i < count; i++)
                {
                    for (int j = 0; j < Columns; j++)
                    {
                        int own = c * Columns + j, at = ScoreAt(p + row + i, own);
                        Shared[at] = score.First(Shared[at], row + i, own);
                    }
                }
            }
        }
    }

    /// <summary>Adds to rows of a result, one for each column, the products of the scores from row p on and the piece's rows; what was there is multiplied by the factors first, or is zero.</summary>
    public void AddRows(int p, int rows, ArrayView<float> result, int to, int stride, int height, bool fromZero, ArrayView<float> factors,
        bool isScaled) => Add(Scores + p * Panel, 1, Panel, rows, result, to, stride, height, fromZero, factors, isScaled);

    /// <summary>Adds to rows of a result, one for each row of the scores, the products of the scores of the first columns and the piece's rows; or what was there is zero.</summary>
    public void AddColumns(int columns, ArrayView<float> result, int to, int stride, int height, bool fromZero) =>
        Add(Scores, Panel, 1, columns, result, to, stride, height, fromZero, Shared, false);

    // Scores of neighboring rows of the result lie rowStep apart, those that a row sums step.
    void Add(int left, int rowStep, int step, int depth, ArrayView<float> result, int to, int stride, int height, bool fromZero,
        ArrayView<float> factors, bool isScaled)
    {
        for (int row = FirstRow; row < height; row += Group.DimY * RegisterTile.Rows)
        {
            ArrayView<int> places = LocalMemory.Allocate<int>(RegisterTile.Rows);
            for (int i = 0; i < RegisterTile.Rows; i++)
                places[i] = to + IntrinsicMath.Min(row + i, height - 1) * stride;
            for (int col = 0; col < Size; col += Columns * Group.DimX)
            {
                ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                Load(sums, result, places, col, fromZero);
                if (isScaled && !fromZero)
                {
                    for (int i = 0; i < RegisterTile.Rows; i++)
                    {
                        for (int j = 0; j < Columns; j++)
                            sums[i * RegisterTile.ThreadColumns + j] *= factors[row + i];
                    }
                }

                RegisterTile.Add(
                    sums, Shared, left + row * rowStep, rowStep, step, Shared, Piece + (col & -Panel) * PieceRows + (col & (Panel - 1)),
                    depth, Columns);
                Store(sums, result, places, height - row, col);
            }
        }
    }

    void Load(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> places, int firstCol, bool fromZero)
    {
        for (int i = 0; i < RegisterTile.Rows * RegisterTile.ThreadColumns; i++)
            sums[i] = 0f;
        for (int j = 0; j < Columns; j++)
        {
            int col = firstCol + Column(j);
            if (fromZero)
                continue;
            if (Size % Panel == 0)
            {
                for (int i = 0; i < RegisterTile.Rows; i++)
                    sums[i * RegisterTile.ThreadColumns + j] = result[places[i] + col];
            }
            else if (col < Size)
            {
                for (int i = 0; i < RegisterTile.Rows; i++)
                    sums[i * RegisterTile.ThreadColumns + j] = result[places[i] + col];
            }
        }
    }

    void Store(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> places, int count, int firstCol)
    {
        if (Size % Panel == 0 && count >= RegisterTile.Rows)
        {
            for (int i = 0; i < RegisterTile.Rows; i++)
            {
                for (int j = 0; j < Columns; j++)
                    result[places[i] + firstCol + Column(j)] = sums[i * RegisterTile.ThreadColumns + j];
            }

            return;
        }

        for (int j = 0; j < Columns; j++)
        {
            int col = firstCol + Column(j);
            if (col < Size)
            {
                for (int i = 0; i < RegisterTile.Rows; i++)
                {
                    if (i < count)
                        result[places[i] + col] = sums[i * RegisterTile.ThreadColumns + j];
                }
            }
        }
    }

    /// <summary>Zeros in rows of a result.</summary>
    public void Clear(ArrayView<float> result, int to, int stride, int height)
    {
        for (int row = FirstRow; row < height; row = RowAfter(row))
        {
            for (int d = Group.IdxX; d < Size; d += Group.DimX)
                result[to + row * stride + d] = 0f;
        }
    }
}
