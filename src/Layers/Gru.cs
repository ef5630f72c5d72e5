namespace Dalle2.Layers;

/// <summary>
/// A gated recurrent unit in the form of cuDNN: with the panels r, z, n of <c>p = x W + b</c> and <c>q = h' U + e</c>,
/// <c>r = sigmoid(p_r + q_r)</c>, <c>z = sigmoid(p_z + q_z)</c>, <c>n = tanh(p_n + r q_n)</c>, <c>h = (1 - z) n + z h'</c>.
/// W <c>[inputs, 3 hidden]</c>, U <c>[hidden, 3 hidden]</c>, b and e <c>[3 hidden]</c>. It has no cell state.
/// </summary>
public sealed class Gru : Recurrent
{
    readonly Parameter weight;
    readonly Parameter recurrentWeight;
    readonly Parameter bias;
    readonly Parameter recurrentBias;
    Tensor? input;
    IntTensor? steps;
    Tensor? p;
    Tensor? q;
    Tensor? hidden;

    /// <summary>A GRU with Glorot uniform weights and zero biases at the start.</summary>
    /// <param name="inputs">Features in.</param>
    /// <param name="hidden">The size of the hidden state.</param>
    public Gru(int inputs, int hidden)
        : base(inputs, hidden)
    {
        weight = Declare("weight", new Shape(inputs, 3 * hidden), Initializer.Glorot(inputs, hidden));
        recurrentWeight = Declare("recurrentWeight", new Shape(hidden, 3 * hidden), Initializer.Glorot(hidden, hidden));
        bias = Declare("bias", new Shape(3 * hidden), Initializer.Zeros);
        recurrentBias = Declare("recurrentBias", new Shape(3 * hidden), Initializer.Zeros);
    }

    /// <inheritdoc/>
    public override bool HasCell => false;

    private protected override Tensor Compute(Context context, Tensor x, IntTensor lengths, Tensor? initialHidden, Tensor? initialCell)
    {
        Stream stream = context.Stream;
        int length = x.Shape[0];
        (input, steps) = (x, lengths);
        p = context.Allocate(length, x.Shape[1], 3 * Hidden);
        q = context.Allocate(p.Shape);
        hidden = BeginStates(context, initialHidden);
        GemmOp.Multiply(stream, x, weight.Value, p);
        for (int t = 0; t < length; t++)
        {
            GemmOp.Multiply(stream, hidden.At(t), recurrentWeight.Value, q.At(t));
            GruOp.Forward(stream, p.At(t), q.At(t), bias.Value, recurrentBias.Value, hidden.At(t), lengths, t, hidden.At(t + 1));
        }

        if (!context.Training)
        {
            context.Release(p);
            context.Release(q);
        }

        return hidden.Slice(1, length);
    }

    private protected override Tensor Differentiate(Context context, Tensor dstates, Tensor dhidden, Tensor? dfinalCell)
    {
        Stream stream = context.Stream;
        int length = p!.Shape[0];
        Tensor dp = context.Allocate(p.Shape), dq = context.Allocate(p.Shape), turned = Transposed(context, recurrentWeight);
        for (int t = length - 1; t >= 0; t--)
        {
            GruOp.Backward(stream, p.At(t), q!.At(t), hidden!.At(t), dstates.At(t), steps!, t, dhidden, dp.At(t), dq.At(t));
            GemmOp.Multiply(stream, dq.At(t), turned, dhidden, accumulate: true);
        }

        context.Release(turned);
        AddWeightGradient(context, input!, dp, weight);
        AddWeightGradient(context, hidden!.Slice(0, length), dq, recurrentWeight);
        BiasOp.Backward(stream, dp, context.Allocate(BiasOp.PartialRows(dp.Rows), dp.Cols), bias.Gradient);
        BiasOp.Backward(stream, dq, context.Allocate(BiasOp.PartialRows(dq.Rows), dq.Cols), recurrentBias.Gradient);
        context.Release(p);
        context.Release(q!);
        context.Release(dq);
        Tensor dx = context.Allocate(input!.Shape);
        GemmOp.Multiply(stream, dp, weight.Value, dx, transposeB: true);
        context.Release(dp);
        return dx;
    }
}
