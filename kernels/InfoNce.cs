// Symmetric InfoNCE of pairs (van den Oord et al., 2018; CLIP, Radford et al., 2021), given the dot products p = a b^T:
//   s = exp(k) p,   loss_i = (rlse_i + clse_i) / 2 - s_ii,   rlse_i = log(sum over j of exp(s_ij)),   clse_j = log(sum over i of exp(s_ij))
//   p, s, g, h [n, n]   loss, rlse, clse [n]   k [1], the log of the inverse temperature
// Pairs i != j of one group have no part in the sums: s_ij is put to -1e30, whose exponential is 0.
// Backward:  ds_ij = scale * (exp(s_ij - rlse_i) + exp(s_ij - clse_j) - 2 [i = j]) / 2
//   g = ds exp(k), from which da = g b, db = g^T a;   h = ds s, whose sum is dk        (both written, =)
// Sums over a row: see Lanes.cs; over a column: rows in rising order, see Columns.cs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The elementwise part of the symmetric contrastive loss.</summary>
public static class InfoNceOp
{
    const float Masked = -1e30f;

    /// <summary>Lowers k to a limit, in place.</summary>
    public static void ClampInPlace(Stream stream, Tensor k, float limit) => stream.Launch(ClampKernel, k.Length, k.View, limit);

    /// <summary>The inverse temperature, exp(k), one element.</summary>
    public static void InverseTemperature(Stream stream, Tensor k, Tensor factor) =>
        stream.Launch(ExponentialKernel, k.Length, k.View, factor.View);

    /// <summary>Multiplies dot products by the inverse temperature, in place.</summary>
    public static void ScaleInPlace(Stream stream, Tensor products, Tensor factor) =>
        stream.Launch(ScaleKernel, products.Length, products.View, factor.View);

    /// <summary>Takes pairs of one group out of each other's sums: none is the other's negative.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="logits">s, changed in place.</param>
    /// <param name="groups">The group of each pair, <c>[n]</c>.</param>
    /// <exception cref="ArgumentException">The logits are not square, or there are not as many groups.</exception>
    public static void MaskInPlace(Stream stream, Tensor logits, IntTensor groups)
    {
        if (groups.Length != Require(logits))
            throw new ArgumentException($"{groups.Length} groups are not those of the pairs of logits {logits.Shape}");
        stream.Launch(MaskKernel, new Index2D(logits.Cols, logits.Rows), logits.View, groups.View);
    }

    /// <summary>The loss of each pair, and the logs of the summed exponentials of rows and columns.</summary>
    /// <exception cref="ArgumentException">The logits are not square.</exception>
    public static void Forward(Stream stream, Tensor logits, Tensor rowLogSums, Tensor colLogSums, Tensor loss)
    {
        int n = Require(logits);
        stream.Launch(RowKernel, Lanes.Groups(stream, n), logits.View, rowLogSums.View, n);
        stream.Launch(ColumnKernel, Columns.Groups(stream, n, 1), logits.View, colLogSums.View, n);
        stream.Launch(LossKernel, n, logits.View, rowLogSums.View, colLogSums.View, loss.View, n);
    }

    /// <summary>The gradient of the dot products, and the terms of that of k.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="logits">s.</param>
    /// <param name="factor">The inverse temperature.</param>
    /// <param name="rowLogSums">What Forward wrote.</param>
    /// <param name="colLogSums">What Forward wrote.</param>
    /// <param name="scale">The gradient of each pair's loss.</param>
    /// <param name="dproducts">g, written.</param>
    /// <param name="terms">h, written.</param>
    /// <exception cref="ArgumentException">The logits are not square.</exception>
    public static void Backward(Stream stream, Tensor logits, Tensor factor, Tensor rowLogSums, Tensor colLogSums, float scale,
        Tensor dproducts, Tensor terms) =>
        stream.Launch(
            BackwardKernel, new Index2D(Require(logits), logits.Rows),
            logits.View, factor.View, rowLogSums.View, colLogSums.View, scale, dproducts.View, terms.View);

    static int Require(Tensor logits) => logits.Rows == logits.Cols
        ? logits.Rows
        : throw new ArgumentException($"the logits of pairs are square, not {logits.Shape}");

    // One thread.
    static void ClampKernel(Index1D i, ArrayView<float> k, float limit) => k[i] = k[i] > limit ? limit : k[i];

    // One thread.
    static void ExponentialKernel(Index1D i, ArrayView<float> k, ArrayView<float> factor) => factor[i] = StrictMath.Exp(k[i]);

    // One thread per element.
    static void ScaleKernel(Index1D i, ArrayView<float> products, ArrayView<float> factor) => products[i] *= factor[0];

    // One thread per element.
    static void MaskKernel(Index2D index, ArrayView<float> s, ArrayView<int> groups)
    {
        if (index.X != index.Y && groups[index.X] == groups[index.Y])
            s[index.Y * groups.IntLength + index.X] = Masked;
    }

    // One group per row.
    static void RowKernel(ArrayView<float> s, ArrayView<float> logSums, int n)
    {
        int first = Grid.IdxX * n;
        float largest = Lanes.Max(s, first, first + n);
        logSums[Grid.IdxX] = StrictMath.Log(Lanes.SumOfFunctions(new Exponential(s, first, largest), 0, n)) + largest;
    }

    // One group per block of columns.
    static void ColumnKernel(ArrayView<float> s, ArrayView<float> logSums, int n)
    {
        ArrayView<float> largest = LocalMemory.Allocate<float>(Columns.Block), sums = LocalMemory.Allocate<float>(Columns.Block);
        Columns.Walk(new Largest(s, logSums, largest, n), 0, n, n);
        Columns.Walk(new LogSum(s, logSums, largest, sums, n), 0, n, n);
    }

    // One thread per pair.
    static void LossKernel(Index1D i, ArrayView<float> s, ArrayView<float> rowLogSums, ArrayView<float> colLogSums, ArrayView<float> loss,
        int n)
    {
        float diagonal = s[i * n + i];
        loss[i] = 0.5f * (rowLogSums[i] - diagonal + (colLogSums[i] - diagonal));
    }

    // One thread per element.
    static void BackwardKernel(
        Index2D index, ArrayView<float> s, ArrayView<float> factor, ArrayView<float> rowLogSums, ArrayView<float> colLogSums, float scale,
        ArrayView<float> dproducts, ArrayView<float> terms)
    {
        int at = index.Y * rowLogSums.IntLength + index.X;
        float value = s[at];
        float p = StrictMath.Exp(value - rowLogSums[index.Y]) + StrictMath.Exp(value - colLogSums[index.X]);
        float ds = 0.5f * scale * (index.X == index.Y ? p - 2f : p);
        dproducts[at] = ds * factor[0];
        terms[at] = ds * value;
    }

    readonly record struct Exponential(ArrayView<float> S, int First, float Largest) : IFunctionTerm
    {
        public float Value(int at) => StrictMath.Exp(S[First + at] - Largest);
    }

    // Left where the sum of logs goes, until that is known.
    readonly record struct Largest(ArrayView<float> S, ArrayView<float> Results, ArrayView<float> Own, int N) : IColumn
    {
        public int Strip => Columns.Block;

        public void Begin(int own, int col) => Own[own] = S[col];

        public void Row(int own, int row, int col) => Own[own] = StrictMath.Max(S[row * N + col], Own[own]);

        public void End(int own, int col) => Results[col] = Own[own];
    }

    readonly record struct LogSum(ArrayView<float> S, ArrayView<float> Results, ArrayView<float> Largest, ArrayView<float> Sums, int N)
        : IColumn
    {
        public int Strip => Columns.Half;

        public void Begin(int own, int col)
        {
            Largest[own] = Results[col];
            Sums[own] = 0f;
        }

        public void Row(int own, int row, int col) => Sums[own] += StrictMath.Exp(S[row * N + col] - Largest[own]);

        public void End(int own, int col) => Results[col] = StrictMath.Log(Sums[own]) + Largest[own];
    }
}
