// A batch of matrix products:  C[b] = op(A[b]) op(B[b])   or   C[b] += op(A[b]) op(B[b])
//   op(A[b]) [m, k]   op(B[b]) [k, n]   C[b] [m, n]; each begins a stride behind the one before, and those of A or B may be one matrix (stride 0)
//   C is written (=) or, with accumulate, added to (+=): one chain of fused multiply-adds over k in rising order, from zero or from C, as in Gemm.cs
// On matrix units (Device.Precision) the products run one after the other.
// The gradients are batches of products themselves:  dA[b] = dC[b] B[b]^T,  dB[b] = A[b]^T dC[b].
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The sizes of a batch of matrix products, and the elements from each matrix to the next.</summary>
/// <param name="Each">One product.</param>
/// <param name="Count">How many.</param>
/// <param name="ABatchStride">From one A to the next; 0 if all products have the same.</param>
/// <param name="BBatchStride">From one B to the next; 0 if all products have the same.</param>
/// <param name="CBatchStride">From one C to the next.</param>
public readonly record struct BatchedGemmShape(GemmShape Each, int Count, int ABatchStride, int BBatchStride, int CBatchStride)
    : ILaunchCost
{
    /// <inheritdoc/>
    public double Flops => Count * Each.Flops;
}

/// <summary>Batches of matrix products with transposes and accumulation.</summary>
public static class BatchedGemmOp
{
    // Of a card's groups along z.
    const int MostProducts = 65535;

    /// <summary><c>C[b] = op(A[b]) op(B[b])</c>, or <c>C[b] += op(A[b]) op(B[b])</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="a"><c>[batch, m, k]</c>, or <c>[batch, k, m]</c> if transposed.</param>
    /// <param name="b"><c>[batch, k, n]</c>, or <c>[batch, n, k]</c> if transposed.</param>
    /// <param name="c"><c>[batch, m, n]</c>; does not overlap with the others.</param>
    /// <param name="transposeA">Take the transpose of each A.</param>
    /// <param name="transposeB">Take the transpose of each B.</param>
    /// <param name="accumulate">Add to C instead of writing it.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or there are more than 65,535 products.</exception>
    public static void Multiply(Stream stream, Tensor a, Tensor b, Tensor c, bool transposeA = false, bool transposeB = false,
        bool accumulate = false)
    {
        if (a.Shape.Rank != 3 || b.Shape.Rank != 3 || c.Shape.Rank != 3 || a.Shape[0] != c.Shape[0] || b.Shape[0] != c.Shape[0])
        {
            throw new ArgumentException(
                $"a batch of products takes [batch, rows, columns] of one batch, not {a.Shape} and {b.Shape} to {c.Shape}");
        }

        int m = a.Shape[transposeA ? 2 : 1], k = a.Shape[transposeA ? 1 : 2], kb = b.Shape[transposeB ? 2 : 1],
            n = b.Shape[transposeB ? 1 : 2];
        if (k != kb || c.Shape[1] != m || c.Shape[2] != n)
            throw new ArgumentException($"products of {m} x {k} and {kb} x {n} do not fit results of {c.Shape[1]} x {c.Shape[2]}");
        var each = new GemmShape(m, n, k, a.Cols, b.Cols, c.Cols, accumulate ? 1 : 0);
        Multiply(stream, a.View, b.View, c.View, new BatchedGemmShape(each, a.Shape[0], m * k, k * n, m * n), transposeA, transposeB);
    }

    /// <summary>The same over matrices that lie anywhere, as those of the heads of an attention.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="a">From the first A on.</param>
    /// <param name="b">From the first B on.</param>
    /// <param name="c">From the first C on; no element of it is of two products, or of A or B.</param>
    /// <param name="shape">Where they lie.</param>
    /// <param name="transposeA">Take the transpose of each A.</param>
    /// <param name="transposeB">Take the transpose of each B.</param>
    /// <exception cref="ArgumentException">A matrix reaches beyond its view, or there are more than 65,535 products.</exception>
    public static void Multiply(Stream stream, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, BatchedGemmShape shape,
        bool transposeA = false, bool transposeB = false)
    {
        GemmShape each = shape.Each;
        Require("A", a, transposeA ? each.K : each.M, transposeA ? each.M : each.K, each.AStride, shape.ABatchStride, shape.Count);
        Require("B", b, transposeB ? each.N : each.K, transposeB ? each.K : each.N, each.BStride, shape.BBatchStride, shape.Count);
        Require("C", c, each.M, each.N, each.CStride, shape.CBatchStride, shape.Count);
        if (shape.Count > MostProducts)
            throw new ArgumentException($"a batch has at most {MostProducts} products, not {shape.Count}");
        if (shape.Count == 0 || each.M == 0 || each.N == 0)
            return;
        if (stream.Device.Precision != Precision.Float32)
        {
            for (int i = 0; i < shape.Count; i++)
            {
                GemmOp.Multiply(
                    stream, a.SubView(i * shape.ABatchStride), b.SubView(i * shape.BBatchStride), c.SubView(i * shape.CBatchStride),
                    default, each, transposeA, transposeB);
            }

            return;
        }

        switch (transposeA, transposeB)
        {
            case (false, false):
                Launch<GemmOp.Stored, GemmOp.Stored>(stream, a, b, c, shape);
                break;
            case (false, true):
                Launch<GemmOp.Stored, GemmOp.Transposed>(stream, a, b, c, shape);
                break;
            case (true, false):
                Launch<GemmOp.Transposed, GemmOp.Stored>(stream, a, b, c, shape);
                break;
            default:
                Launch<GemmOp.Transposed, GemmOp.Transposed>(stream, a, b, c, shape);
                break;
        }
    }

    static void Require(string name, ArrayView<float> view, int rows, int cols, int stride, int batchStride, int count)
    {
        bool isEmpty = rows == 0 || cols == 0 || count == 0;
        long end = isEmpty ? 0 : (long)(count - 1) * batchStride + (long)(rows - 1) * stride + cols;
        if (rows < 0 || cols < 0 || count < 0 || batchStride < 0 || (stride < cols && rows > 1) || end > view.Length)
        {
            throw new ArgumentException($"{count} matrices {name} of {rows} x {cols}, {stride} from row to row and {batchStride} "
                + $"from one to the next, do not fit {view.Length} elements");
        }
    }

    static void Launch<TA, TB>(Stream stream, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, BatchedGemmShape shape)
        where TA : unmanaged, GemmOp.IOperand
        where TB : unmanaged, GemmOp.IOperand
    {
        GemmShape each = shape.Each;
        if (CardProduct.Suits(stream.Device))
        {
            var cards = new CardForms<BatchedGemmShape>(
                CardKernel<TA, TB, LargeFloatTile>, CardKernel<TA, TB, MediumFloatTile>, CardKernel<TA, TB, SmallFloatTile>);
            CardProduct.Launch(stream, cards, a, b, c, shape, each.M, each.N, shape.Count);
            return;
        }

        TileProduct.Launch(
            stream, TileKernel<TA, TB, LargeBlock>, TileKernel<TA, TB, SmallBlock>, a, b, c, shape, each.M, each.N, shape.Count);
    }

    // One group per block of one of the results.
    static void TileKernel<TA, TB, TBlock>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, BatchedGemmShape shape,
        Index2D extent)
        where TA : unmanaged, GemmOp.IOperand
        where TB : unmanaged, GemmOp.IOperand
        where TBlock : unmanaged, IBlock => TileProduct.Multiply<BatchProduct<TA, TB>, TBlock>(
            a.SubView(Grid.IdxZ * shape.ABatchStride), b.SubView(Grid.IdxZ * shape.BBatchStride), c, new BatchProduct<TA, TB>(shape),
            extent);

    // One group per tile of one of the results, on a card.
    static void CardKernel<TA, TB, TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, BatchedGemmShape shape)
        where TA : unmanaged, GemmOp.IOperand
        where TB : unmanaged, GemmOp.IOperand
        where TTile : unmanaged, IFloatTile
    {
        GemmShape s = shape.Each;
        CardProduct.Multiply(
            a, b, c, new BatchProduct<TA, TB>(shape),
            new BatchSide(new PlainSide(s.M, s.K, s.AStride, default(TA).IsTransposed), shape.ABatchStride),
            new BatchSide(new PlainSide(s.N, s.K, s.BStride, !default(TB).IsTransposed), shape.BBatchStride), default(TTile));
    }

    // The matrix of a batch that z names.
    readonly struct BatchSide(PlainSide side, int stride) : IMatrixSide
    {
        public bool IsByDepth => side.IsByDepth;

        public bool IsInFours => side.IsInFours && stride % 4 == 0;

        public int High => side.High;

        public int Wide => side.Wide;

        public MatrixPlace Row(int row)
        {
            MatrixPlace place = side.Row(row);
            return place with { At = place.At + Grid.IdxZ * stride };
        }

        public MatrixPlace Depth(int k) => side.Depth(k);
    }

    // The product that z names.
    readonly struct BatchProduct<TA, TB>(BatchedGemmShape shape) : IProduct
        where TA : unmanaged, GemmOp.IOperand
        where TB : unmanaged, GemmOp.IOperand
    {
        public int Rows => shape.Each.M;

        public int Cols => shape.Each.N;

        public int Depth => shape.Each.K;

        public bool Accumulates => shape.Each.Accumulate != 0;

        public bool IsLeftByDepth => default(TA).IsTransposed;

        public int RowAt(int row) => Grid.IdxZ * shape.CBatchStride + row * shape.Each.CStride;

        public void CopyLeft<TBlock>(ArrayView<float> source, ArrayView<float> left, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock => default(TA).CopyLeft<TBlock>(source, left, shape.Each, start, depth, row, rows);

        public void CopyRight<TBlock>(ArrayView<float> source, ArrayView<float> right, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock => default(TB).CopyRight<TBlock>(source, right, shape.Each, start, depth, col, panels);
    }
}
