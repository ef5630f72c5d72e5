
namespace Dalle2.Layers;

/// <summary>
/// In training each element becomes 0 with probability p, else is scaled by 1 / (1 - p); otherwise the identity. Which elements: a pure
/// function of the run's seed, the step and the layer's name.
/// </summary>
public sealed class Dropout : UnaryLayer
{
    readonly float probability;
    ArrayView<int> mask;

    /// <summary>Dropout.</summary>
    /// <param name="probability">Of dropping an element, in [0, 1); 0 is the identity.</param>
    /// <exception cref="ArgumentException">The probability is outside of [0, 1).</exception>
    public Dropout(float probability)
    {
        if (!(probability is >= 0f and < 1f))
            throw new ArgumentException($"the probability of dropout lies in [0, 1); it is {probability}");
        this.probability = probability;
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        if (!context.Training || probability == 0f)
            return x;
        Tensor y = context.Allocate(x.Shape);
        mask = context.Arena.Allocate<int>(DropoutOp.MaskLength(x.Length));
        DropoutOp.Forward(context.Stream, x, y, mask, context.Key(Name), probability);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        if (probability == 0f)
            return dy;
        Tensor dx = context.Allocate(dy.Shape);
        DropoutOp.Backward(context.Stream, mask, dy, dx, probability);
        return dx;
    }
}
