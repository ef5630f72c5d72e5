// General matrix product:  C = op(A) op(B)   or   C += op(A) op(B)
//   op(A) [m, k]   op(B) [k, n]   C [m, n]; op is the matrix itself or its transpose, a type argument each
//   C is written (=) or, with accumulate, added to (+=): one chain of fused multiply-adds over k in rising order, from zero or from C
//   With a workspace, k from 2048 on may be summed in parts (MatrixPlan.FloatPartsOf): such a chain each, from zero, then from zero over the parts in rising order, then C
// On matrix units (Device.Precision), the factors are rounded and the order of the sum is the units' own: MatrixProduct.cs.
// The gradients of C = A B are products themselves:  dA = dC B^T,  dB = A^T dC.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The sizes and strides of a matrix product, in elements.</summary>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">The summed extent.</param>
/// <param name="AStride">From one row of A, as it is stored, to the next.</param>
/// <param name="BStride">From one row of B, as it is stored, to the next.</param>
/// <param name="CStride">From one row of C to the next.</param>
/// <param name="Accumulate">1 to add to C, 0 to write it.</param>
/// <param name="PerWord">Values of k in an element of A and B: 2 of bfloat16, else 1.</param>
public readonly record struct GemmShape(int M, int N, int K, int AStride, int BStride, int CStride, int Accumulate,
    int PerWord = 1) : ILaunchCost
{
    /// <inheritdoc/>
    public double Flops => 2.0 * M * N * K * PerWord;
}

/// <summary>General matrix products with transposes and accumulation.</summary>
public static partial class GemmOp
{
    /// <summary>
    /// Elements of workspace that a product of m x k and k x n is best given; 0 where none helps. With one, a long k is summed in parts: in another order than without.
    /// A left side that is kept in bfloat16, where the right one is not, must be given one.
    /// </summary>
    public static int WorkspaceLength(Precision precision, int m, int n, int k, ElementType left = ElementType.Float32) =>
        left == ElementType.BFloat16 ? BrainFloatWorkspace(m, n, k)
        : PartsOf(precision, m, n, k) is > 1 and var parts ? checked(parts * m * n) : 0;

    /// <summary><c>C = op(A) op(B)</c>, or <c>C += op(A) op(B)</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="a">A matrix: all axes but the last are rows.</param>
    /// <param name="b">A matrix.</param>
    /// <param name="c">A matrix; does not overlap with the others.</param>
    /// <param name="transposeA">Take A's transpose.</param>
    /// <param name="transposeB">Take B's transpose.</param>
    /// <param name="accumulate">Add to C instead of writing it.</param>
    /// <param name="workspace">At least <see cref="WorkspaceLength"/> elements, overwritten; or null.</param>
    /// <remarks>With precision bf16, C may be kept in bfloat16 if it is written; A of B floats, if it is not transposed; A and B, if A alone is transposed.</remarks>
    /// <exception cref="ArgumentException">The extents do not fit, or the workspace is too small.</exception>
    /// <exception cref="NotSupportedException">There is no such product of matrices in bfloat16.</exception>
    public static void Multiply(Stream stream, Tensor a, Tensor b, Tensor c, bool transposeA = false, bool transposeB = false,
        bool accumulate = false, Tensor? workspace = null)
    {
        int m = transposeA ? a.Cols : a.Rows, k = transposeA ? a.Rows : a.Cols;
        int kb = transposeB ? b.Cols : b.Rows, n = transposeB ? b.Rows : b.Cols;
        if (k != kb || c.Rows != m || c.Cols != n)
            throw new ArgumentException($"a product of {m} x {k} and {kb} x {n} does not fit a result of {c.Rows} x {c.Cols}");
        bool isFloat = (a.Type, b.Type) == (ElementType.Float32, ElementType.Float32);
        if (!isFloat || c.Type != ElementType.Float32)
            RequireBrainFloats(stream.Device, c);
        ElementType left = b.Type == ElementType.Float32 ? a.Type : ElementType.Float32;
        int needed = workspace == null && left == ElementType.Float32 ? 0 : WorkspaceLength(stream.Device.Precision, m, n, k, left);
        if (needed > 0 && !(workspace?.Length >= needed))
        {
            throw new ArgumentException(
                $"a product of {m} x {k} and {k} x {n} takes a workspace of {needed} elements, not {workspace?.Length ?? 0}");
        }

        ArrayView<float> parts = needed > 0 ? workspace!.View : default;
        var shape = new GemmShape(m, n, k, a.Cols, b.Cols, c.Cols, accumulate ? 1 : 0);
        if (isFloat)
            Multiply(stream, a.View, b.View, c.WordView, parts, shape, transposeA, transposeB, ElementType.Float32, c.Type);
        else
            MultiplyBrainFloats(stream, a, b, c, parts, shape, transposeA, transposeB);
    }

    /// <summary>The same over memory that is not a tensor of its own.</summary>
    internal static void Multiply(Stream stream, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> workspace,
        GemmShape shape, bool transposeA, bool transposeB, ElementType sides = ElementType.Float32,
        ElementType result = ElementType.Float32)
    {
        switch (transposeA, transposeB)
        {
            case (false, false):
                Launch<Stored, Stored>(stream, a, b, c, workspace, shape, sides, result);
                break;
            case (false, true):
                Launch<Stored, Transposed>(stream, a, b, c, workspace, shape, sides, result);
                break;
            case (true, false):
                Launch<Transposed, Stored>(stream, a, b, c, workspace, shape, sides, result);
                break;
            default:
                Launch<Transposed, Transposed>(stream, a, b, c, workspace, shape, sides, result);
                break;
        }
    }

    static int PartsOf(Precision precision, int m, int n, int k) =>
        precision == Precision.Float32 ? MatrixPlan.FloatPartsOf(m, n, k) : MatrixPlan.PartsOf(m, n, k);

    static void Launch<TA, TB>(Stream stream, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> workspace,
        GemmShape shape, ElementType sides, ElementType result)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
    {
        if (stream.Device.Precision == Precision.Float32)
        {
            if (workspace.Length > 0)
            {
                LaunchParts<TA, TB>(stream, a, b, c, workspace, shape);
                return;
            }

            if (CardProduct.Suits(stream.Device))
            {
                var cards = new CardForms<GemmShape>(
                    CardKernel<TA, TB, LargeFloatTile>, CardKernel<TA, TB, MediumFloatTile>, CardKernel<TA, TB, SmallFloatTile>);
                CardProduct.Launch(stream, cards, a, b, c, shape, shape.M, shape.N);
                return;
            }

            TileProduct.Launch(stream, TileKernel<TA, TB, LargeBlock>, TileKernel<TA, TB, SmallBlock>, a, b, c, shape, shape.M, shape.N);
            return;
        }

        var forms = new MatrixForms<GemmShape>(
            new(MatrixKernel<TA, TB, TensorFloats, LargeMatrixTile>, MatrixKernel<TA, TB, TensorFloats, SmallMatrixTile>),
            new(MatrixKernel<TA, TB, BrainFloats, LargeMatrixTile>, MatrixKernel<TA, TB, BrainFloats, SmallMatrixTile>),
            new(MatrixKernel<TA, TB, StoredBrainFloats, LargeMatrixTile>, MatrixKernel<TA, TB, StoredBrainFloats, SmallMatrixTile>));
        MatrixProduct.Launch(stream, forms.Of(stream.Device.Precision, sides), a, b, c, result, workspace, shape,
            new MatrixExtent(shape.M, shape.N, shape.K, shape.Accumulate != 0));
    }

    // A long k in parts, each of which has a result of its own: side by side on a card, elsewhere one after the other.
    static void LaunchParts<TA, TB>(Stream stream, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> workspace,
        GemmShape shape)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
    {
        int count = MatrixPlan.FloatPartsOf(shape.M, shape.N, shape.K), length = shape.M * shape.N,
            depth = IntrinsicMath.DivRoundUp(IntrinsicMath.DivRoundUp(shape.K, MatrixPlan.Depth), count) * MatrixPlan.Depth;
        ArrayView<float> parts = workspace.SubView(0, count * length);
        if (CardProduct.Suits(stream.Device))
        {
            var cards = new CardForms<GemmParts>(
                PartsCardKernel<TA, TB, LargeFloatTile>, PartsCardKernel<TA, TB, MediumFloatTile>, PartsCardKernel<TA, TB, SmallFloatTile>);
            CardProduct.Launch(stream, cards, a, b, parts, new GemmParts(shape, depth), shape.M, shape.N, count);
        }
        else
        {
            for (int part = 0; part < count; part++)
            {
                int first = part * depth;
                GemmShape own = shape with { K = IntrinsicMath.Min(depth, shape.K - first), CStride = shape.N, Accumulate = 0 };
                ArrayView<float> left = a.SubView(default(TA).IsTransposed ? first * shape.AStride : first),
                    right = b.SubView(default(TB).IsTransposed ? first : first * shape.BStride);
                TileProduct.Launch(
                    stream, TileKernel<TA, TB, LargeBlock>, TileKernel<TA, TB, SmallBlock>, left, right,
                    parts.SubView(part * length, length), own, own.M, own.N);
            }
        }

        MatrixProduct.AddParts(stream, parts, c, count, shape.Accumulate != 0);
    }

    // One group per block of C.
    static void TileKernel<TA, TB, TBlock>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape shape, Index2D extent)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
        where TBlock : unmanaged, IBlock => TileProduct.Multiply<Product<TA, TB>, TBlock>(a, b, c, new Product<TA, TB>(shape), extent);

    // One group per tile of C, on a card.
    static void CardKernel<TA, TB, TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape s)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
        where TTile : unmanaged, IFloatTile =>
        CardProduct.Multiply(
            a, b, c, new Product<TA, TB>(s), new PlainSide(s.M, s.K, s.AStride, default(TA).IsTransposed),
            new PlainSide(s.N, s.K, s.BStride, !default(TB).IsTransposed), default(TTile));

    // One group per tile of C, of one part of k.
    static void PartsCardKernel<TA, TB, TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> parts, GemmParts p)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
        where TTile : unmanaged, IFloatTile
    {
        GemmShape s = p.Whole;
        int first = Grid.IdxZ * p.Depth;
        CardProduct.Multiply(
            a, b, parts, new PartProduct(p), new PartSide<PlainSide>(new PlainSide(s.M, s.K, s.AStride, default(TA).IsTransposed), first),
            new PartSide<PlainSide>(new PlainSide(s.N, s.K, s.BStride, !default(TB).IsTransposed), first), default(TTile));
    }

    /// <summary>A product in parts of k.</summary>
    internal readonly record struct GemmParts(GemmShape Whole, int Depth) : ILaunchCost
    {
        /// <inheritdoc/>
        public double Flops => Whole.Flops;
    }

    // The part that z names, whose result lies behind those before it.
    readonly struct PartProduct(GemmParts parts) : IProductExtent
    {
        public int Rows => parts.Whole.M;

        public int Cols => parts.Whole.N;

        public int Depth => IntrinsicMath.Min(parts.Depth, parts.Whole.K - Grid.IdxZ * parts.Depth);

        public bool Accumulates => false;

        public int RowAt(int row) => (Grid.IdxZ * Rows + row) * Cols;
    }

    // One group per tile of C, by matrix units.
    static void MatrixKernel<TA, TB, TFormat,
        TTile>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape s, MatrixParts parts)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixUnitTile =>
        MatrixProduct.Multiply(
            a, b, c, new Product<TA, TB>(s), new PlainSide(s.M, s.K, s.AStride, default(TA).IsTransposed),
            new PlainSide(s.N, s.K, s.BStride, !default(TB).IsTransposed), parts, default(TFormat), default(TTile));

    internal readonly struct Product<TA, TB>(GemmShape shape) : IProduct
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
    {
        public int Rows => shape.M;

        public int Cols => shape.N;

        public int Depth => shape.K;

        public bool Accumulates => shape.Accumulate != 0;

        public bool IsLeftByDepth => default(TA).IsTransposed;

        public int RowAt(int row) => row * shape.CStride;

        public void CopyLeft<TBlock>(ArrayView<float> source, ArrayView<float> left, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock => default(TA).CopyLeft<TBlock>(source, left, shape, start, depth, row, rows);

        public void CopyRight<TBlock>(ArrayView<float> source, ArrayView<float> right, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock => default(TB).CopyRight<TBlock>(source, right, shape, start, depth, col, panels);
    }

    // How a side of the product is read, and how the left one lies in shared memory.
    internal interface IOperand
    {
        bool IsTransposed { get; }

        void CopyLeft<TBlock>(ArrayView<float> a, ArrayView<float> left, GemmShape s, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock;

        void CopyRight<TBlock>(ArrayView<float> b, ArrayView<float> right, GemmShape s, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock;
    }

    internal readonly struct Stored : IOperand
    {
        public bool IsTransposed => false;

        public void CopyLeft<TBlock>(ArrayView<float> a, ArrayView<float> left, GemmShape s, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock
        {
            for (int i = 0; i < rows; i++)
            {
                int from = IntrinsicMath.Min(row + i, s.M - 1) * s.AStride + start;
                RegisterTile.CopyRun(left, TileProduct.LeftAt<TBlock>(false, i, 0), a, from, depth, from, from + depth);
            }
        }

        public void CopyRight<TBlock>(ArrayView<float> b, ArrayView<float> right, GemmShape s, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock =>
            TileProduct.CopyPanels<TBlock>(right, 0, b, start * s.BStride, s.BStride, depth, col, s.N, panels);
    }

    internal readonly struct Transposed : IOperand
    {
        public bool IsTransposed => true;

        public void CopyLeft<TBlock>(ArrayView<float> a, ArrayView<float> left, GemmShape s, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock
        {
            for (int k = 0; k < depth; k++)
            {
                int from = (start + k) * s.AStride + row;
                RegisterTile.CopyRun(left, TileProduct.LeftAt<TBlock>(true, 0, k), a, from, rows, from, from + s.M - row);
            }
        }

        public void CopyRight<TBlock>(ArrayView<float> b, ArrayView<float> right, GemmShape s, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock =>
            TileProduct.CopyTurnedPanels<TBlock>(right, 0, b, start, s.BStride, depth, col, s.N, panels);
    }
}
