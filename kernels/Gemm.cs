// General matrix product:  C = op(A) op(B)   or   C += op(A) op(B)
//   op(A) [m, k]   op(B) [k, n]   C [m, n]; op is the matrix itself or its transpose, expressed by strides alone
//   C is written (=) or, with accumulate, added to (+=): C + (sum over k in rising order, fused multiply-add, from zero)
// The gradients of C = A B are products themselves:  dA = dC B^T,  dB = A^T dC.
using System.Runtime.CompilerServices;

namespace Dalle2.Kernels;

/// <summary>The strides and sizes of a matrix product, in elements.</summary>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">The summed extent.</param>
/// <param name="ARow">From one row of op(A) to the next.</param>
/// <param name="ACol">From one column of op(A) to the next.</param>
/// <param name="BRow">From one row of op(B) to the next.</param>
/// <param name="BCol">From one column of op(B) to the next.</param>
/// <param name="CRow">From one row of C to the next.</param>
/// <param name="Accumulate">1 to add to C, 0 to write it.</param>
public readonly record struct GemmShape(int M, int N, int K, int ARow, int ACol, int BRow, int BCol, int CRow, int Accumulate);

/// <summary>General matrix products with transposes and accumulation.</summary>
public static class GemmOp
{
    const int Tile = 4;

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
        var shape = new GemmShape(
            m, n, k,
            transposeA ? 1 : a.Cols, transposeA ? a.Cols : 1,
            transposeB ? 1 : b.Cols, transposeB ? b.Cols : 1,
            c.Cols, accumulate ? 1 : 0);
        int tiles = IntrinsicMath.DivRoundUp(m, Tile) * IntrinsicMath.DivRoundUp(n, Tile);
        stream.Launch(TileKernel, tiles, a.View, b.View, c.View, shape);
    }

    // One thread per 4 x 4 tile of C, held in registers. Rows and columns past the edge repeat the last one and are not stored.
    static void TileKernel(Index1D index, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape s)
    {
        int tilesN = IntrinsicMath.DivRoundUp(s.N, Tile);
        int row = index / tilesN * Tile, col = index % tilesN * Tile;
        ArrayView<float> a0 = a.SubView(row * s.ARow);
        ArrayView<float> a1 = a.SubView(IntrinsicMath.Min(row + 1, s.M - 1) * s.ARow);
        ArrayView<float> a2 = a.SubView(IntrinsicMath.Min(row + 2, s.M - 1) * s.ARow);
        ArrayView<float> a3 = a.SubView(IntrinsicMath.Min(row + 3, s.M - 1) * s.ARow);
        ArrayView<float> b0 = b.SubView(col * s.BCol);
        ArrayView<float> b1 = b.SubView(IntrinsicMath.Min(col + 1, s.N - 1) * s.BCol);
        ArrayView<float> b2 = b.SubView(IntrinsicMath.Min(col + 2, s.N - 1) * s.BCol);
        ArrayView<float> b3 = b.SubView(IntrinsicMath.Min(col + 3, s.N - 1) * s.BCol);

        float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f;
        float c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f;
        float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f;
        float c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f;
        int aStep = s.ACol, bStep = s.BRow, aAt = 0, bAt = 0;
        for (int k = s.K; k > 0; k--)
        {
            float y0 = b0[bAt], y1 = b1[bAt], y2 = b2[bAt], y3 = b3[bAt];
            float x = a0[aAt];
            c00 = Fused.MultiplyAdd(x, y0, c00);
            c01 = Fused.MultiplyAdd(x, y1, c01);
            c02 = Fused.MultiplyAdd(x, y2, c02);
            c03 = Fused.MultiplyAdd(x, y3, c03);
            x = a1[aAt];
            c10 = Fused.MultiplyAdd(x, y0, c10);
            c11 = Fused.MultiplyAdd(x, y1, c11);
            c12 = Fused.MultiplyAdd(x, y2, c12);
            c13 = Fused.MultiplyAdd(x, y3, c13);
            x = a2[aAt];
            c20 = Fused.MultiplyAdd(x, y0, c20);
            c21 = Fused.MultiplyAdd(x, y1, c21);
            c22 = Fused.MultiplyAdd(x, y2, c22);
            c23 = Fused.MultiplyAdd(x, y3, c23);
            x = a3[aAt];
            c30 = Fused.MultiplyAdd(x, y0, c30);
            c31 = Fused.MultiplyAdd(x, y1, c31);
            c32 = Fused.MultiplyAdd(x, y2, c32);
            c33 = Fused.MultiplyAdd(x, y3, c33);
            aAt += aStep;
            bAt += bStep;
        }

        StoreRow(c, s, row, col, c00, c01, c02, c03);
        StoreRow(c, s, row + 1, col, c10, c11, c12, c13);
        StoreRow(c, s, row + 2, col, c20, c21, c22, c23);
        StoreRow(c, s, row + 3, col, c30, c31, c32, c33);
    }

    // Inlined: across a call, the accumulators would live on the stack all through the loop.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreRow(ArrayView<float> c, GemmShape s, int row, int col, float v0, float v1, float v2, float v3)
    {
        if (row >= s.M)
            return;
        int at = row * s.CRow + col;
        Store(c, s, at, col, v0);
        Store(c, s, at + 1, col + 1, v1);
        Store(c, s, at + 2, col + 2, v2);
        Store(c, s, at + 3, col + 3, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(ArrayView<float> c, GemmShape s, int at, int col, float value)
    {
        if (col < s.N)
            c[at] = s.Accumulate == 0 ? value : c[at] + value;
    }
}
