namespace Dalle2.Layers;

/// <summary>Layers one after the other; backward in reverse.</summary>
public sealed class Sequential : UnaryLayer
{
    readonly UnaryLayer[] layers;

    /// <summary>A chain of named layers.</summary>
    public Sequential(params (string Name, UnaryLayer Layer)[] layers)
    {
        this.layers = [.. layers.Select(l => Compose(l.Name, l.Layer))];
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x) => layers.Aggregate(x, (t, layer) => layer.Forward(context, t));

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => layers.Reverse().Aggregate(dy, (t, layer) => layer.Backward(context, t));
}
