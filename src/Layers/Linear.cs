namespace Dalle2.Layers;

/// <summary><c>y = f(x W + b)</c>; x <c>[..., inputs]</c>, y <c>[..., outputs]</c>, W <c>[inputs, outputs]</c>, b <c>[outputs]</c>.</summary>
public sealed class Linear : UnaryLayer
{
    readonly int outputs;
    readonly Parameter weight;
    readonly BiasActivation end;
    Tensor? input;

    /// <summary>A fully connected layer, Glorot uniform weights and zero biases at the start.</summary>
    /// <param name="inputs">Features in.</param>
    /// <param name="outputs">Features out.</param>
    /// <param name="withBias">False leaves b out.</param>
    /// <param name="activation">A function of each output, in the same pass over memory as the bias; none if left out.</param>
    /// <param name="slope">Below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    public Linear(int inputs, int outputs, bool withBias = true, ActivationKind? activation = null, float slope = 0.01f)
    {
        this.outputs = outputs;
        weight = Declare("weight", new Shape(inputs, outputs), Initializer.Glorot(inputs, outputs));
        Parameter? bias = withBias ? Declare("bias", new Shape(outputs), Initializer.Zeros) : null;
        (Function, Slope) = (activation, slope);
        end = new BiasActivation(bias, activation, slope);
    }

    /// <summary>The function that each output goes through; null for none.</summary>
    public ActivationKind? Function { get; }

    /// <summary>Its slope below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</summary>
    public float Slope { get; }

    /// <inheritdoc/>
    public override bool TakesBrainFloats => true;

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        input = x;
        Tensor y = AllocateOutput(context, x.Shape.With(-1, outputs));
        Tensor workspace = context.Workspace(GemmOp.WorkspaceLength(context.Device.Precision, x.Rows, outputs, x.Cols, x.Type));
        GemmOp.Multiply(context.Stream, x, weight.Value, y, workspace: workspace);
        context.Release(workspace);
        return end.Forward(context, y);
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dproducts = end.Backward(context, dy);
        DifferentiateWeight(context, dproducts);
        Tensor dx = context.Allocate(input!.Shape, input.Type);
        Tensor? workspace = dproducts.Type == ElementType.Float32 ? null : context.Workspace(
            GemmOp.WorkspaceLength(context.Device.Precision, dproducts.Rows, input.Cols, outputs, dproducts.Type));
        GemmOp.Multiply(context.Stream, dproducts, weight.Value, dx, transposeB: true, workspace: workspace);
        if (workspace != null)
            context.Release(workspace);
        end.Release(context, dproducts);
        return dx;
    }

    /// <inheritdoc/>
    protected override void DifferentiateParameters(Context context, Tensor dy)
    {
        Tensor dproducts = end.Backward(context, dy);
        DifferentiateWeight(context, dproducts);
        end.Release(context, dproducts);
    }

    void DifferentiateWeight(Context context, Tensor dproducts) => AddWeightGradient(context, input!, dproducts, weight);
}
