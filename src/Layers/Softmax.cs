namespace Dalle2.Layers;

/// <summary>Softmax over the last axis: each row becomes positive numbers that add up to 1.</summary>
public sealed class Softmax : UnaryLayer
{
    Tensor? output;

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        output = context.Allocate(x.Shape);
        SoftmaxOp.Forward(context.Stream, x, output);
        return output;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(dy.Shape);
        SoftmaxOp.Backward(context.Stream, output!, dy, dx);
        return dx;
    }
}
