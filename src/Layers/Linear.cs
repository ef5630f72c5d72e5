namespace Dalle2.Layers;

/// <summary><c>y = x W + b</c>; x <c>[..., inputs]</c>, y <c>[..., outputs]</c>, W <c>[inputs, outputs]</c>, b <c>[outputs]</c>.</summary>
public sealed class Linear : UnaryLayer
{
    readonly int outputs;
    readonly Parameter weight;
    readonly Parameter? bias;
    Tensor? input;

    /// <summary>A fully connected layer, Glorot uniform weights and zero biases at the start.</summary>
    /// <param name="inputs">Features in.</param>
    /// <param name="outputs">Features out.</param>
    /// <param name="withBias">False leaves b out.</param>
    public Linear(int inputs, int outputs, bool withBias = true)
    {
        this.outputs = outputs;
        weight = Declare("weight", new Shape(inputs, outputs), Initializer.Glorot(inputs, outputs));
        bias = withBias ? Declare("bias", new Shape(outputs), Initializer.Zeros) : null;
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        input = x;
        Tensor y = context.Allocate(x.Shape.With(-1, outputs));
        GemmOp.Multiply(context.Stream, x, weight.Value, y);
        if (bias != null)
            BiasOp.AddInPlace(context.Stream, y, bias.Value);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        DifferentiateParameters(context, dy);
        Tensor dx = context.Allocate(input!.Shape);
        GemmOp.Multiply(context.Stream, dy, weight.Value, dx, transposeB: true);
        return dx;
    }

    /// <inheritdoc/>
    protected override void DifferentiateParameters(Context context, Tensor dy)
    {
        AddWeightGradient(context, input!, dy, weight);
        if (bias != null)
            BiasOp.Backward(context.Stream, dy, context.Allocate(BiasOp.PartialRows(dy.Rows), dy.Cols), bias.Gradient);
    }
}
