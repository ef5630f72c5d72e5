// Symmetric InfoNCE of pairs (van den Oord et al., 2018; CLIP, Radford et al., 2021), given the dot products p = a b^T:
//   s = exp(k) p,   loss_i = (rlse_i + clse_i) / 2 - s_ii,   rlse_i = log(sum over j of exp(s_ij)),   clse_j = log(sum over i of exp(s_ij))
//   p, s, g, h [n, n]   loss, rlse, clse [n]   k [1], the log of the inverse temperature
// Backward:  ds_ij = scale * (exp(s_ij - rlse_i) + exp(s_ij - clse_j) - 2 [i = j]) / 2
//   g = ds exp(k), from which da = g b, db = g^T a;   h = ds s, whose sum is dk        (both written, =)
namespace Dalle2.Kernels;

/// <summary>The elementwise part of the symmetric contrastive loss.</summary>
public static class InfoNceOp
{
    const int Run = 64;

    /// <summary>Lowers k to a limit, in place.</summary>
    public static void ClampInPlace(Stream stream, Tensor k, float limit) => stream.Launch(ClampKernel, k.Length, k.View, limit);

    /// <summary>Multiplies dot products by exp(k), in place.</summary>
    public static void ScaleInPlace(Stream stream, Tensor products, Tensor k) => stream.Launch(ScaleKernel, products.Length, products.View, k.View);

    /// <summary>The loss of each pair, and the logs of the summed exponentials of rows and columns.</summary>
    /// <exception cref="ArgumentException">The logits are not square.</exception>
    public static void Forward(Stream stream, Tensor logits, Tensor rowLogSums, Tensor colLogSums, Tensor loss)
    {
        int n = Require(logits);
        stream.Launch(LogSumKernel, n, logits.View, rowLogSums.View, n, n, 1);
        stream.Launch(LogSumKernel, n, logits.View, colLogSums.View, n, 1, n);
        stream.Launch(LossKernel, n, logits.View, rowLogSums.View, colLogSums.View, loss.View, n);
    }

    /// <summary>The gradient of the dot products, and the terms of that of k.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="logits">s.</param>
    /// <param name="k">The log of the inverse temperature.</param>
    /// <param name="rowLogSums">What Forward wrote.</param>
    /// <param name="colLogSums">What Forward wrote.</param>
    /// <param name="scale">The gradient of each pair's loss.</param>
    /// <param name="dproducts">g, written.</param>
    /// <param name="terms">h, written.</param>
    /// <exception cref="ArgumentException">The logits are not square.</exception>
    public static void Backward(Stream stream, Tensor logits, Tensor k, Tensor rowLogSums, Tensor colLogSums, float scale, Tensor dproducts, Tensor terms) =>
        stream.Launch(
            BackwardKernel, new Index2D(Require(logits), logits.Rows),
            logits.View, k.View, rowLogSums.View, colLogSums.View, scale, dproducts.View, terms.View);

    static int Require(Tensor logits) => logits.Rows == logits.Cols
        ? logits.Rows
        : throw new ArgumentException($"the logits of pairs are square, not {logits.Shape}");

    // One thread.
    static void ClampKernel(Index1D i, ArrayView<float> k, float limit) => k[i] = k[i] > limit ? limit : k[i];

    // One thread per element.
    static void ScaleKernel(Index1D i, ArrayView<float> products, ArrayView<float> k) => products[i] *= XMath.Exp(k[0]);

    // One thread per line, a row or a column by its strides.
    static void LogSumKernel(Index1D line, ArrayView<float> s, ArrayView<float> logSums, int n, int lineStride, int stride)
    {
        int first = line * lineStride;
        float largest = s[first];
        for (int i = 1; i < n; i++)
            largest = XMath.Max(s[first + i * stride], largest);
        float total = 0f;
        for (int start = 0; start < n; start += Run)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Run, n);
            for (int i = start; i < end; i++)
                sum += XMath.Exp(s[first + i * stride] - largest);
            total += sum;
        }

        logSums[line] = XMath.Log(total) + largest;
    }

    // One thread per pair.
    static void LossKernel(Index1D i, ArrayView<float> s, ArrayView<float> rowLogSums, ArrayView<float> colLogSums, ArrayView<float> loss, int n)
    {
        float diagonal = s[i * n + i];
        loss[i] = 0.5f * (rowLogSums[i] - diagonal + (colLogSums[i] - diagonal));
    }

    // One thread per element.
    static void BackwardKernel(
        Index2D index, ArrayView<float> s, ArrayView<float> k, ArrayView<float> rowLogSums, ArrayView<float> colLogSums, float scale,
        ArrayView<float> dproducts, ArrayView<float> terms)
    {
        int at = index.Y * rowLogSums.IntLength + index.X;
        float value = s[at];
        float p = XMath.Exp(value - rowLogSums[index.Y]) + XMath.Exp(value - colLogSums[index.X]);
        float ds = 0.5f * scale * (index.X == index.Y ? p - 2f : p);
        dproducts[at] = ds * XMath.Exp(k[0]);
        terms[at] = ds * value;
    }
}
