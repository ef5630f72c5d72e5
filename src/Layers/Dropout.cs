namespace Dalle2.Layers;

/// <summary>
/// In training each element becomes 0 with probability p, else is scaled by 1 / (1 - p); otherwise the identity. Which elements: a pure
/// function of the run's seed, the step and the layer's name.
/// </summary>
public sealed class Dropout : UnaryLayer
{
    readonly float probability;
    RandomKey key;

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
        key = context.Key(Name);
        return Apply(context, x);
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => probability == 0f ? dy : Apply(context, dy);

    Tensor Apply(Context context, Tensor x)
    {
        Tensor y = context.Allocate(x.Shape);
        DropoutOp.Apply(context.Stream, x, y, key, probability);
        return y;
    }
}
