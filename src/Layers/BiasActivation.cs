namespace Dalle2.Layers;

/// <summary>
/// What layers of products end with: <c>y = f(x + b)</c> in one pass over memory, and backward the gradient of the sum and that of b in one. Each of the two may be left out.
/// </summary>
sealed class BiasActivation(Parameter? bias, ActivationKind? kind, float slope)
{
    Tensor? kept;

    /// <summary>The output for the products, which it may be written over.</summary>
    public Tensor Forward(Context context, Tensor x)
    {
        if (kind is not { } function)
        {
            if (bias != null)
                BiasOp.AddInPlace(context.Stream, x, bias.Value);
            return x;
        }

        Tensor y = ActivationOp.KeepsOutput(function) ? x : context.Allocate(x.Shape, x.Type);
        if (bias != null)
            BiasOp.Activate(context.Stream, function, x, bias.Value, y, slope);
        else
            ActivationOp.Forward(context.Stream, function, x, y, slope);
        kept = ActivationOp.KeepsOutput(function) ? y : x;
        if (!context.Training && y != x)
            context.Release(x);
        return y;
    }

    /// <summary>The gradient of the products, for <see cref="Release"/>; adds to the bias's.</summary>
    public Tensor Backward(Context context, Tensor dy)
    {
        Tensor? partial = bias == null ? null : context.Allocate(BiasOp.PartialRows(dy.Rows), dy.Cols);
        Tensor dx = kind == null ? dy : context.Allocate(dy.Shape, dy.Type);
        if (kind is { } function)
        {
            if (partial != null)
                BiasOp.Backward(context.Stream, function, kept!, dy, dx, partial, bias!.Gradient, slope);
            else
                ActivationOp.Backward(context.Stream, function, kept!, dy, dx, slope);
        }
        else if (partial != null)
        {
            BiasOp.Backward(context.Stream, dy, partial, bias!.Gradient);
        }

        if (partial != null)
            context.Release(partial);
        return dx;
    }

    /// <summary>Gives back what <see cref="Backward"/> gave, if it is no longer needed and was not the output's gradient itself.</summary>
    public void Release(Context context, Tensor dx)
    {
        if (kind != null)
            context.Release(dx);
    }
}
