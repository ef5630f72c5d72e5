namespace Dalle2.Layers;

/// <summary>
/// A long short-term memory: <c>i, f, o = sigmoid</c>, <c>g = tanh</c> of the panels of <c>x W + h U + b</c> in the order i, f, g, o;
/// <c>c = f c' + i g</c>, <c>h = o tanh(c)</c>. W <c>[inputs, 4 hidden]</c>, U <c>[hidden, 4 hidden]</c>, b <c>[4 hidden]</c>.
/// </summary>
public sealed class Lstm : Recurrent
{
    readonly Parameter weight;
    readonly Parameter recurrentWeight;
    readonly Parameter bias;
    Tensor? input;
    IntTensor? steps;
    Tensor? gates;
    Tensor? hidden;
    Tensor? cells;

    /// <summary>An LSTM with Glorot uniform weights and zero biases at the start, but for the forget gate's, which is 1 (Jozefowicz et al., 2015).</summary>
    /// <param name="inputs">Features in.</param>
    /// <param name="hidden">The size of the hidden state and of the cell.</param>
    public Lstm(int inputs, int hidden)
        : base(inputs, hidden)
    {
        weight = Declare("weight", new Shape(inputs, 4 * hidden), Initializer.Glorot(inputs, hidden));
        recurrentWeight = Declare("recurrentWeight", new Shape(hidden, 4 * hidden), Initializer.Glorot(hidden, hidden));
        bias = Declare("bias", new Shape(4 * hidden), new ForgetGateInitializer(hidden));
    }

    /// <inheritdoc/>
    public override bool HasCell => true;

    private protected override Tensor Compute(Context context, Tensor x, IntTensor lengths, Tensor? initialHidden, Tensor? initialCell)
    {
        Stream stream = context.Stream;
        int length = x.Shape[0];
        (input, steps) = (x, lengths);
        gates = context.Allocate(length, x.Shape[1], 4 * Hidden);
        hidden = BeginStates(context, initialHidden);
        cells = BeginStates(context, initialCell);
        GemmOp.Multiply(stream, x, weight.Value, gates);
        for (int t = 0; t < length; t++)
        {
            GemmOp.Multiply(stream, hidden.At(t), recurrentWeight.Value, gates.At(t), accumulate: true);
            LstmOp.Forward(stream, gates.At(t), bias.Value, cells.At(t), hidden.At(t), lengths, t, cells.At(t + 1), hidden.At(t + 1));
        }

        FinalCell = cells.At(length);
        if (!context.Training)
            context.Release(gates);
        return hidden.Slice(1, length);
    }

    private protected override Tensor Differentiate(Context context, Tensor dstates, Tensor dhidden, Tensor? dfinalCell)
    {
        Stream stream = context.Stream;
        int length = gates!.Shape[0];
        Tensor dcell = CopyOrZeros(context, dfinalCell);
        Tensor dgates = context.Allocate(gates.Shape), turned = Transposed(context, recurrentWeight);
        for (int t = length - 1; t >= 0; t--)
        {
            LstmOp.Backward(stream, gates.At(t), cells!.At(t), cells.At(t + 1), dstates.At(t), steps!, t, dhidden, dcell, dgates.At(t));
            GemmOp.Multiply(stream, dgates.At(t), turned, dhidden, accumulate: true);
        }

        context.Release(turned);
        AddWeightGradient(context, input!, dgates, weight);
        AddWeightGradient(context, hidden!.Slice(0, length), dgates, recurrentWeight);
        BiasOp.Backward(stream, dgates, context.Allocate(BiasOp.PartialRows(dgates.Rows), dgates.Cols), bias.Gradient);
        context.Release(gates);
        InitialCellGradient = dcell;
        Tensor dx = context.Allocate(input!.Shape);
        GemmOp.Multiply(stream, dgates, weight.Value, dx, transposeB: true);
        context.Release(dgates);
        return dx;
    }

    sealed record ForgetGateInitializer(int Hidden) : Initializer
    {
        public override void Fill(Span<float> values, RandomKey key)
        {
            values.Clear();
            values.Slice(Hidden, Hidden).Fill(1f);
        }
    }
}
