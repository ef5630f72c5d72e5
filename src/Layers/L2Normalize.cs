namespace Dalle2.Layers;

/// <summary>
/// Scales rows (the last axis) to unit length: <c>y = x / sqrt(sum of x^2 + eps)</c> with eps 1e-12, so that a row of zeros stays one.
/// </summary>
public sealed class L2Normalize : UnaryLayer
{
    /// <summary>What is added to the sum of squares.</summary>
    public const float Epsilon = 1e-12f;

    Tensor? output;
    Tensor? inverseNorms;

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        output = context.Allocate(x.Shape);
        inverseNorms = context.Allocate(x.Rows);
        L2NormalizeOp.Forward(context.Stream, x, output, inverseNorms, Epsilon);
        return output;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(output!.Shape);
        L2NormalizeOp.Backward(context.Stream, output, inverseNorms!, dy, dx);
        return dx;
    }
}
