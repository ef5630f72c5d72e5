namespace Dalle2.Layers;

/// <summary>Layer normalization over the last axis (Ba, Kiros and Hinton, 2016): each row by its own mean and variance.</summary>
public sealed class LayerNorm : UnaryLayer
{
    readonly Parameter gamma;
    readonly Parameter beta;
    Tensor? input;
    Tensor? mean;
    Tensor? rstd;

    /// <summary>Layer normalization; scale 1, shift 0 at the start.</summary>
    /// <param name="features">The extent of the last axis.</param>
    /// <param name="eps">Added to the variance.</param>
    public LayerNorm(int features, float eps = 1e-5f)
    {
        Epsilon = eps;
        gamma = Declare("gamma", new Shape(features), Initializer.Ones);
        beta = Declare("beta", new Shape(features), Initializer.Zeros);
    }

    /// <summary>What is added to the variance.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        if (x.Cols != gamma.Shape[0])
            throw new ArgumentException($"layer normalization of {gamma.Shape[0]} features cannot take {x.Shape}");
        input = x;
        mean = context.Allocate(x.Rows);
        rstd = context.Allocate(x.Rows);
        Tensor y = context.Allocate(x.Shape);
        LayerNormOp.Forward(context.Stream, x, gamma.Value, beta.Value, y, mean, rstd, Epsilon);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor x = input!, dx = context.Allocate(x.Shape);
        int partialRows = LayerNormOp.PartialRows(x.Rows);
        LayerNormOp.Backward(
            context.Stream, x, dy, gamma.Value, mean!, rstd!, context.Allocate(partialRows, x.Cols), context.Allocate(partialRows, x.Cols),
            dx, gamma.Gradient, beta.Gradient);
        return dx;
    }
}
