// One step of a long short-term memory (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000), padded sequences:
//   i = sigmoid(a_i)  f = sigmoid(a_f)  g = tanh(a_g)  o = sigmoid(a_o),   a = x W + h' U + b, panels in the order i, f, g, o
//   c = f c' + i g,   h = o tanh(c);   past a sequence's length c = c', h = h'
//   gates, dgates [batch, 4 hidden]   bias [4 hidden]   c', c, h', h, dc, dh, dstate [batch, hidden]   lengths [batch]
// The matrix products are the caller's. Forward keeps the gates' activations where a - b was.
// Backward, with dh += dstate:  dgates written (=), zero past the length;  dc becomes dc';  dh becomes the part of dh' that does not
//   pass through the gates (zero, or all of it past the length), to which the caller adds dgates U^T.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The elementwise part of an LSTM step.</summary>
public static class LstmOp
{
    /// <summary>The new cell and hidden state.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="gates">In: <c>x W + h' U</c>; out: the activations of i, f, g, o.</param>
    /// <param name="bias">Added to the gates.</param>
    /// <param name="cellBefore">c'.</param>
    /// <param name="hiddenBefore">h'.</param>
    /// <param name="lengths">Steps of each sequence.</param>
    /// <param name="step">This step, from 0.</param>
    /// <param name="cell">c, written.</param>
    /// <param name="hidden">h, written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor gates, Tensor bias, Tensor cellBefore, Tensor hiddenBefore, IntTensor lengths,
        int step, Tensor cell, Tensor hidden)
    {
        Require(gates, cell, lengths);
        stream.Launch(
            ForwardKernel, new Index2D(cell.Cols, cell.Rows),
            gates.View, bias.View, cellBefore.View, hiddenBefore.View, lengths.View, step, cell.View, hidden.View);
    }

    /// <summary>The gradients of the gates before their activation, and of the state before the step.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="gates">The activations that Forward left.</param>
    /// <param name="cellBefore">c'.</param>
    /// <param name="cell">c.</param>
    /// <param name="dstate">What flows into h from outside of the recurrence.</param>
    /// <param name="lengths">Steps of each sequence.</param>
    /// <param name="step">This step, from 0.</param>
    /// <param name="dhidden">In: what flows into h from later steps; out: the direct part for h'.</param>
    /// <param name="dcell">In: what flows into c from later steps; out: the gradient of c'.</param>
    /// <param name="dgates">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(
        Stream stream, Tensor gates, Tensor cellBefore, Tensor cell, Tensor dstate, IntTensor lengths, int step, Tensor dhidden,
        Tensor dcell, Tensor dgates)
    {
        Require(gates, cell, lengths);
        stream.Launch(
            BackwardKernel, new Index2D(cell.Cols, cell.Rows),
            gates.View, cellBefore.View, cell.View, dstate.View, lengths.View, step, dhidden.View, dcell.View, dgates.View, cell.Cols);
    }

    static void Require(Tensor gates, Tensor cell, IntTensor lengths)
    {
        if (gates.Cols != 4 * cell.Cols || gates.Rows != cell.Rows || lengths.Length != cell.Rows)
        {
            throw new ArgumentException(
                $"LSTM gates {gates.Shape} and {lengths.Length} lengths do not fit a state of {cell.Shape}; the gates have 4 panels");
        }
    }

    // One thread per element of the state.
    static void ForwardKernel(
        Index2D index, ArrayView<float> gates, ArrayView<float> bias, ArrayView<float> cellBefore, ArrayView<float> hiddenBefore,
        ArrayView<int> lengths, int step, ArrayView<float> cell, ArrayView<float> hidden)
    {
        int size = bias.IntLength / 4;
        int j = index.X;
        int at = index.Y * size + j;
        int gate = index.Y * 4 * size + j;
        float i = SpecialFunctions.Sigmoid(gates[gate] + bias[j]);
        float f = SpecialFunctions.Sigmoid(gates[gate + size] + bias[j + size]);
        float g = StrictMath.Tanh(gates[gate + 2 * size] + bias[j + 2 * size]);
        float o = SpecialFunctions.Sigmoid(gates[gate + 3 * size] + bias[j + 3 * size]);
        gates[gate] = i;
        gates[gate + size] = f;
        gates[gate + 2 * size] = g;
        gates[gate + 3 * size] = o;
        float c = f * cellBefore[at] + i * g;
        bool inside = step < lengths[index.Y];
        cell[at] = inside ? c : cellBefore[at];
        hidden[at] = inside ? o * StrictMath.Tanh(c) : hiddenBefore[at];
    }

    // One thread per element of the state.
    static void BackwardKernel(
        Index2D at, ArrayView<float> gates, ArrayView<float> cellBefore, ArrayView<float> cell, ArrayView<float> dstate,
        ArrayView<int> lengths, int step, ArrayView<float> dhidden, ArrayView<float> dcell, ArrayView<float> dgates, int size)
    {
        int batch = at.Y, index = batch * size + at.X;
        int gate = batch * 4 * size + at.X;
        float dh = dhidden[index] + dstate[index];
        if (step >= lengths[batch])
        {
            dhidden[index] = dh;
            dgates[gate] = 0f;
            dgates[gate + size] = 0f;
            dgates[gate + 2 * size] = 0f;
            dgates[gate + 3 * size] = 0f;
            return;
        }

        float i = gates[gate], f = gates[gate + size], g = gates[gate + 2 * size], o = gates[gate + 3 * size];
        float t = StrictMath.Tanh(cell[index]);
        float dc = dcell[index] + dh * o * (1f - t * t);
        dgates[gate] = dc * g * i * (1f - i);
        dgates[gate + size] = dc * cellBefore[index] * f * (1f - f);
        dgates[gate + 2 * size] = dc * i * (1f - g * g);
        dgates[gate + 3 * size] = dh * t * o * (1f - o);
        dcell[index] = dc * f;
        dhidden[index] = 0f;
    }
}
