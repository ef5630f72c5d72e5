// One step of a gated recurrent unit (Cho et al., 2014) in the form of cuDNN, padded sequences; p = x W, q = h' U + e:
//   r = sigmoid(p_r + b_r + q_r)  z = sigmoid(p_z + b_z + q_z)  n = tanh(p_n + b_n + r q_n),   panels in the order r, z, n
//   h = (1 - z) n + z h';   past a sequence's length h = h'
//   p, q, dp, dq [batch, 3 hidden]   b, e [3 hidden]   h', h, dh, dstate [batch, hidden]   lengths [batch]
// The matrix products are the caller's. Forward keeps r, z, n where p was, and q_n with its bias where it was.
// Backward, with dh += dstate:  dp, dq written (=), zero past the length; they differ in the last panel, where dq_n = r dp_n;
//   dh becomes the part of dh' that does not pass through q (z dh, or all of it past the length), to which the caller adds dq U^T.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The elementwise part of a GRU step.</summary>
public static class GruOp
{
    /// <summary>The new hidden state.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="p">In: <c>x W</c>; out: the activations of r, z, n.</param>
    /// <param name="q">In: <c>h' U</c>; out: its last panel with the bias added, the others as they were.</param>
    /// <param name="bias">b.</param>
    /// <param name="recurrentBias">e.</param>
    /// <param name="hiddenBefore">h'.</param>
    /// <param name="lengths">Steps of each sequence.</param>
    /// <param name="step">This step, from 0.</param>
    /// <param name="hidden">h, written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor p, Tensor q, Tensor bias, Tensor recurrentBias, Tensor hiddenBefore, IntTensor lengths,
        int step, Tensor hidden)
    {
        Require(p, q, hidden, lengths);
        stream.Launch(
            ForwardKernel, new Index2D(hidden.Cols, hidden.Rows),
            p.View, q.View, bias.View, recurrentBias.View, hiddenBefore.View, lengths.View, step, hidden.View);
    }

    /// <summary>The gradients of p and q, and of the state before the step.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="p">The activations that Forward left.</param>
    /// <param name="q">What Forward left.</param>
    /// <param name="hiddenBefore">h'.</param>
    /// <param name="dstate">What flows into h from outside of the recurrence.</param>
    /// <param name="lengths">Steps of each sequence.</param>
    /// <param name="step">This step, from 0.</param>
    /// <param name="dhidden">In: what flows into h from later steps; out: the direct part for h'.</param>
    /// <param name="dp">Written.</param>
    /// <param name="dq">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(
        Stream stream, Tensor p, Tensor q, Tensor hiddenBefore, Tensor dstate, IntTensor lengths, int step, Tensor dhidden, Tensor dp,
        Tensor dq)
    {
        Require(p, q, hiddenBefore, lengths);
        stream.Launch(
            BackwardKernel, hiddenBefore.Length,
            p.View, q.View, hiddenBefore.View, dstate.View, lengths.View, step, dhidden.View, dp.View, dq.View, hiddenBefore.Cols);
    }

    static void Require(Tensor p, Tensor q, Tensor hidden, IntTensor lengths)
    {
        if (p.Cols != 3 * hidden.Cols || p.Rows != hidden.Rows || q.Length != p.Length || lengths.Length != hidden.Rows)
        {
            throw new ArgumentException($"GRU gates {p.Shape} and {q.Shape} and {lengths.Length} lengths do not fit a state of "
                + $"{hidden.Shape}; the gates have 3 panels");
        }
    }

    // One thread per element of the state.
    static void ForwardKernel(
        Index2D index, ArrayView<float> p, ArrayView<float> q, ArrayView<float> bias, ArrayView<float> recurrentBias,
        ArrayView<float> hiddenBefore, ArrayView<int> lengths, int step, ArrayView<float> hidden)
    {
        int size = bias.IntLength / 3;
        int j = index.X;
        int at = index.Y * size + j;
        int gate = index.Y * 3 * size + j;
        float r = SpecialFunctions.Sigmoid(p[gate] + bias[j] + (q[gate] + recurrentBias[j]));
        float z = SpecialFunctions.Sigmoid(p[gate + size] + bias[j + size] + (q[gate + size] + recurrentBias[j + size]));
        float candidate = q[gate + 2 * size] + recurrentBias[j + 2 * size];
        float n = StrictMath.Tanh(p[gate + 2 * size] + bias[j + 2 * size] + r * candidate);
        p[gate] = r;
        p[gate + size] = z;
        p[gate + 2 * size] = n;
        q[gate + 2 * size] = candidate;
        float before = hiddenBefore[at];
        hidden[at] = step < lengths[index.Y] ? (1f - z) * n + z * before : before;
    }

    // One thread per element of the state.
    static void BackwardKernel(
        Index1D index, ArrayView<float> p, ArrayView<float> q, ArrayView<float> hiddenBefore, ArrayView<float> dstate,
        ArrayView<int> lengths, int step, ArrayView<float> dhidden, ArrayView<float> dp, ArrayView<float> dq, int size)
    {
        int batch = index / size;
        int gate = batch * 2 * size + index;
        float dh = dhidden[index] + dstate[index];
        bool inside = step < lengths[batch];
        float r = p[gate], z = p[gate + size], n = p[gate + 2 * size];
        float dn = inside ? dh * (1f - z) * (1f - n * n) : 0f;
        float dr = inside ? dn * q[gate + 2 * size] * r * (1f - r) : 0f;
        float dz = inside ? dh * (hiddenBefore[index] - n) * z * (1f - z) : 0f;
        dp[gate] = dr;
        dp[gate + size] = dz;
        dp[gate + 2 * size] = dn;
        dq[gate] = dr;
        dq[gate + size] = dz;
        dq[gate + 2 * size] = r * dn;
        dhidden[index] = inside ? z * dh : dh;
    }
}
