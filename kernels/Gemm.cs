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
public readonly record struct GemmShape(int M, int N, int K, int AStride, int BStride, int CStride, int Accumulate) : ILaunchCost
{
    /// <inheritdoc/>
    public double Flops => 2.0 * M * N * K;
}

/// <summary>General matrix products with transposes and accumulation.</summary>
public static class GemmOp
{
    // Tiles of C, one below the other, that share what a group copies of B.
    const int RowTiles = 32;

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
        stream.Launch(TileKernel<TA, TB>, RegisterTile.Groups(stream, shape.N, shape.M, RowTiles), a.View, b.View, c.View, shape);
    }

    // One group per two columns a thread and 384 rows of C. For each piece of k it copies its columns of B to shared memory, and then, tile by tile, its rows
    // of A. Rows past the edge repeat the last one and are not stored.
    static void TileKernel<TA, TB>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape s)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
    {
        ArrayView<float> right = SharedMemory.Allocate<float>(RegisterTile.RightLength), left = SharedMemory.Allocate<float>(RegisterTile.LeftLength);
        int firstCol = Grid.IdxX * RegisterTile.Columns, firstRow = Grid.IdxY * (RegisterTile.Rows * RowTiles);
        int endRow = IntrinsicMath.Min(firstRow + RegisterTile.Rows * RowTiles, s.M);
        for (int start = 0; start < s.K || start == 0; start += RegisterTile.Depth)
        {
            int depth = IntrinsicMath.Min(RegisterTile.Depth, s.K - start);
            Group.Barrier();
            default(TB).CopyRight(b, right, s, start, depth, firstCol);
            for (int row = firstRow; row < endRow; row += RegisterTile.Rows)
            {
                Group.Barrier();
                default(TA).CopyLeft(a, left, s, start, depth, row);
                Group.Barrier();
                ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
                for (int i = 0; i < RegisterTile.Rows; i++)
                    rows[i] = IntrinsicMath.Min(row + i, s.M - 1) * s.CStride;
                RegisterTile.Begin(sums, c, rows, firstCol + Group.IdxX, s.N, start == 0 && s.Accumulate == 0);
                RegisterTile.Add(sums, left, default(TA).RowStep, default(TA).Step, right, depth);
                RegisterTile.End(sums, c, rows, s.M - row, firstCol + Group.IdxX, s.N);
            }
        }
    }

    // How a side of the product is read, and how the left one lies in shared memory.
    interface IOperand
    {
        int RowStep { get; }

        int Step { get; }

        void CopyLeft(ArrayView<float> a, ArrayView<float> left, GemmShape s, int start, int depth, int row);

        void CopyRight(ArrayView<float> b, ArrayView<float> right, GemmShape s, int start, int depth, int col);
    }

    readonly struct Stored : IOperand
    {
        public int RowStep => RegisterTile.Depth;

        public int Step => 1;

        public void CopyLeft(ArrayView<float> a, ArrayView<float> left, GemmShape s, int start, int depth, int row)
        {
            for (int i = 0; i < RegisterTile.Rows; i++)
            {
                int from = IntrinsicMath.Min(row + i, s.M - 1) * s.AStride + start;
                RegisterTile.CopyRun(left, i * RegisterTile.Depth, a, from, depth, from, from + depth);
            }
        }

        public void CopyRight(ArrayView<float> b, ArrayView<float> right, GemmShape s, int start, int depth, int col) =>
            RegisterTile.CopyRight(right, b, start * s.BStride, s.BStride, depth, col, s.N);
    }

    readonly struct Transposed : IOperand
    {
        public int RowStep => 1;

        public int Step => RegisterTile.MaxThreads;

        public void CopyLeft(ArrayView<float> a, ArrayView<float> left, GemmShape s, int start, int depth, int row)
        {
            int count = IntrinsicMath.Min(RegisterTile.Rows, s.M - row);
            for (int k = 0; k < depth; k++)
            {
                int from = (start + k) * s.AStride + row;
                RegisterTile.CopyRun(left, k * RegisterTile.MaxThreads, a, from, RegisterTile.Rows, from, from + count);
            }
        }

        public void CopyRight(ArrayView<float> b, ArrayView<float> right, GemmShape s, int start, int depth, int col) =>
            RegisterTile.CopyRightTransposed(right, b, start, s.BStride, depth, col, s.N);
    }
}
