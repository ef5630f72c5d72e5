namespace Dalle2.Layers;

/// <summary>
/// Normalization over the last axis by the root mean square (Zhang and Sennrich, 2019): <c>y = x rstd gamma</c>, <c>rstd = 1 / sqrt(mean(x^2) + eps)</c>.
/// </summary>
public sealed class RmsNorm : UnaryLayer
{
    readonly Parameter gamma;
    Tensor? input;
    Tensor? rstd;

    /// <summary>Root mean square normalization; scale 1 at the start.</summary>
    /// <param name="features">The extent of the last axis.</param>
    /// <param name="eps">Added to the mean square.</param>
    public RmsNorm(int features, float eps = 1e-5f)
    {
        Epsilon = eps;
        gamma = Declare("gamma", new Shape(features), Initializer.Ones);
    }

    /// <summary>What is added to the mean square.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        input = x;
        rstd = context.Allocate(x.Rows);
        Tensor y = context.Allocate(x.Shape);
        RmsNormOp.Forward(context.Stream, x, gamma.Value, y, rstd, Epsilon);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor x = input!, dx = context.Allocate(x.Shape);
        RmsNormOp.Backward(context.Stream, x, dy, gamma.Value, rstd!, context.Allocate(RmsNormOp.PartialRows(x.Rows), x.Cols), dx,
            gamma.Gradient);
        return dx;
    }
}
