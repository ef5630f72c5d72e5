namespace Dalle2.Layers;

/// <summary>
/// Layers one after the other; backward in reverse. What lies between two of them is its own: in training given back once both have run backward,
/// otherwise as soon as the second has run forward. Where both take it, it is kept in bfloat16 with that precision. Input, output and their gradients are the caller's.
/// </summary>
public sealed class Sequential : UnaryLayer
{
    readonly UnaryLayer[] layers;
    readonly Tensor[] outputs;
    Tensor? input;

    /// <summary>A chain of named layers.</summary>
    public Sequential(params (string Name, UnaryLayer Layer)[] layers)
    {
        this.layers = [.. layers.Select(l => Compose(l.Name, l.Layer))];
        outputs = new Tensor[layers.Length];
        for (int i = 0; i + 1 < layers.Length; i++)
            this.layers[i].GivesBrainFloats = this.layers[i].TakesBrainFloats && this.layers[i + 1].TakesBrainFloats;
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        input = x;
        Tensor t = x;
        for (int i = 0; i < layers.Length; i++)
        {
            Tensor y = outputs[i] = layers[i].Forward(context, t);
            if (!context.Training)
                ReleaseUnlessShared(context, t, x, y);
            t = y;
        }

        return t;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => DifferentiateTo(context, dy, 0);

    /// <inheritdoc/>
    protected override void DifferentiateParameters(Context context, Tensor dy)
    {
        Tensor t = DifferentiateTo(context, dy, 1);
        if (layers.Length == 0)
            return;
        layers[0].BackwardToParameters(context, t);
        ReleaseUnlessShared(context, t, dy, dy);
        ReleaseUnlessShared(context, outputs[0], input!, outputs[^1]);
    }

    Tensor DifferentiateTo(Context context, Tensor dy, int first)
    {
        Tensor t = dy;
        for (int i = layers.Length - 1; i >= first; i--)
        {
            Tensor dx = layers[i].Backward(context, t);
            ReleaseUnlessShared(context, t, dy, dx);
            ReleaseUnlessShared(context, outputs[i], i == 0 ? input! : outputs[i - 1], outputs[^1]);
            t = dx;
        }

        return t;
    }

    // A layer that only changes the shape hands on the memory that it was given.
    static void ReleaseUnlessShared(Context context, Tensor dead, Tensor first, Tensor second)
    {
        if (!dead.SharesMemoryWith(first) && !dead.SharesMemoryWith(second))
            context.Release(dead);
    }
}
