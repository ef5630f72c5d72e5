// General matrix product:  C = op(A) op(B)   or   C += op(A) op(B)
//   op(A) [m, k]   op(B) [k, n]   C [m, n]; op is the matrix itself or its transpose, a type argument each
//   C is written (=) or, with accumulate, added to (+=): one chain of fused multiply-adds over k in rising order, from zero or from C
// The gradients of C = A B are products themselves:  dA = dC B^T,  dB = A^T dC.
namespace Dalle2.Kernels;

/// <summary>The sizes and strides of a matrix product, in elements.</summary>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">The summed extent.</param>
/// <param name="AStride">From one row of A, as it is stored, to the next.</param>
/// <param name="BStride">From one row of B, as it is stored, to the next.</param>
/// <param name="CStride">From one row of C to the next.</param>
/// <param name="Accumulate">1 to add to C, 0 to write it.</param>
public readonly record struct GemmShape(int M, int N, int K, int AStride, int BStride, int CStride, int Accumulate);

/// <summary>General matrix products with transposes and accumulation.</summary>
public static class GemmOp
{
    // A group's threads lie along the columns; each holds 12 rows by 2 columns of C at a time, which fill the registers of a vector unit,
    // and goes down several such tiles with the same columns of B.
    const int Threads = 16;
    const int ThreadColumns = 2;
    const int Columns = Threads * ThreadColumns;
    const int Rows = 12;
    const int RowTiles = 8;

    // How much of k is in shared memory at a time: 16 KiB of B, which stay in a core's first cache.
    const int Depth = 128;
    const int Unroll = 4;

    /// <summary><c>C = op(A) op(B)</c>, or <c>C += op(A) op(B)</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="a">A matrix: all axes but the last are rows.</param>
    /// <param name="b">A matrix.</param>
    /// <param name="c">A matrix; does not overlap with the others.</param>
    /// <param name="transposeA">Take A's transpose.</param>
    /// <param name="transposeB">Take B's transpose.</param>
    /// <param name="accumulate">Add to C instead of writing it.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Multiply(Stream stream, Tensor a, Tensor b, Tensor c, bool transposeA = false, bool transposeB = false, bool accumulate = false)
    {
        int m = transposeA ? a.Cols : a.Rows, k = transposeA ? a.Rows : a.Cols;
        int kb = transposeB ? b.Cols : b.Rows, n = transposeB ? b.Rows : b.Cols;
        if (k != kb || c.Rows != m || c.Cols != n)
            throw new ArgumentException($"a product of {m} x {k} and {kb} x {n} does not fit a result of {c.Rows} x {c.Cols}");
        var shape = new GemmShape(m, n, k, a.Cols, b.Cols, c.Cols, accumulate ? 1 : 0);
        switch (transposeA, transposeB)
        {
            case (false, false):
                Launch<Stored, Stored>(stream, a, b, c, shape);
                break;
            case (false, true):
                Launch<Stored, Transposed>(stream, a, b, c, shape);
                break;
            case (true, false):
                Launch<Transposed, Stored>(stream, a, b, c, shape);
                break;
            default:
                Launch<Transposed, Transposed>(stream, a, b, c, shape);
                break;
        }
    }

    static void Launch<TA, TB>(Stream stream, Tensor a, Tensor b, Tensor c, GemmShape shape)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
    {
        var groups = new Index2D(IntrinsicMath.DivRoundUp(shape.N, Columns), IntrinsicMath.DivRoundUp(shape.M, Rows * RowTiles));
        stream.Launch(TileKernel<TA, TB>, new KernelConfig(groups, new Index2D(Threads, 1)), a.View, b.View, c.View, shape);
    }

    // One group per 32 columns and 96 rows of C. For each piece of k, the group copies its columns of B to shared memory, columns past the edge
    // as zeros, and then adds to its tiles of C, one after the other. Rows past the edge repeat the last one and are not stored.
    static void TileKernel<TA, TB>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape s)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
    {
        ArrayView<float> panel = SharedMemory.Allocate<float>(Depth * Columns);
        int thread = Group.IdxX, firstCol = Grid.IdxX * Columns;
        int firstRow = Grid.IdxY * (Rows * RowTiles), endRow = IntrinsicMath.Min(firstRow + Rows * RowTiles, s.M);
        for (int start = 0; start < s.K || start == 0; start += Depth)
        {
            int depth = IntrinsicMath.Min(Depth, s.K - start);
            Group.Barrier();
            for (int k = 0; k < depth; k++)
            {
                for (int j = 0; j < ThreadColumns; j++)
                {
                    int col = firstCol + thread + j * Threads;
                    panel[k * Columns + thread + j * Threads] = col < s.N ? b[default(TB).At(start + k, col, s.BStride)] : 0f;
                }
            }

            Group.Barrier();
            bool fromZero = start == 0 && s.Accumulate == 0;
            for (int row = firstRow; row < endRow; row += Rows)
                AddTile<TA>(a, panel, c, s, row, firstCol + thread, start, depth, fromZero);
        }
    }

    static void AddTile<TA>(ArrayView<float> a, ArrayView<float> panel, ArrayView<float> c, GemmShape s, int row, int col, int start, int depth, bool fromZero)
        where TA : unmanaged, IOperand
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(Rows * ThreadColumns);
        ArrayView<int> rows = LocalMemory.Allocate<int>(Rows);
        for (int i = 0; i < Rows; i++)
        {
            rows[i] = default(TA).At(IntrinsicMath.Min(row + i, s.M - 1), start, s.AStride);
            for (int j = 0; j < ThreadColumns; j++)
                sums[i * ThreadColumns + j] = 0f;
        }

        if (!fromZero)
        {
            for (int j = 0; j < ThreadColumns; j++)
            {
                if (col + j * Threads < s.N)
                {
                    for (int i = 0; i < Rows; i++)
                        sums[i * ThreadColumns + j] = c[IntrinsicMath.Min(row + i, s.M - 1) * s.CStride + col + j * Threads];
                }
            }
        }

        int step = default(TA).Step(s.AStride), at = 0, k = 0, thread = Group.IdxX;
        for (; k + Unroll <= depth; k += Unroll)
        {
            for (int u = 0; u < Unroll; u++)
                AddOuterProduct(a, panel, sums, rows, at + u * step, (k + u) * Columns + thread);
            at += Unroll * step;
        }

        for (; k < depth; k++)
        {
            AddOuterProduct(a, panel, sums, rows, at, k * Columns + thread);
            at += step;
        }

        for (int j = 0; j < ThreadColumns; j++)
        {
            if (col + j * Threads < s.N)
            {
                for (int i = 0; i < Rows; i++)
                {
                    if (row + i < s.M)
                        c[(row + i) * s.CStride + col + j * Threads] = sums[i * ThreadColumns + j];
                }
            }
        }
    }

    static void AddOuterProduct(ArrayView<float> a, ArrayView<float> panel, ArrayView<float> sums, ArrayView<int> rows, int at, int panelAt)
    {
        ArrayView<float> right = LocalMemory.Allocate<float>(ThreadColumns);
        for (int j = 0; j < ThreadColumns; j++)
            right[j] = panel[panelAt + j * Threads];
        for (int i = 0; i < Rows; i++)
        {
            float left = a[rows[i] + at];
            for (int j = 0; j < ThreadColumns; j++)
                sums[i * ThreadColumns + j] = Fused.MultiplyAdd(left, right[j], sums[i * ThreadColumns + j]);
        }
    }

    interface IOperand
    {
        // Where an element of op(X) lies, and how far the next one of a row of op(A), or the next one of a column, is.
        int At(int row, int col, int stride);

        int Step(int stride);
    }

    readonly struct Stored : IOperand
    {
        public int At(int row, int col, int stride) => row * stride + col;

        public int Step(int stride) => 1;
    }

    readonly struct Transposed : IOperand
    {
        public int At(int row, int col, int stride) => col * stride + row;

        public int Step(int stride) => stride;
    }
}
