namespace Dalle2.Layers;

/// <summary>Adds a learned vector to each place of a sequence: <c>y[b, t, :] = x[b, t, :] + table[t, :]</c>, x <c>[batch, length, width]</c>.</summary>
public sealed class LearnedPositions : UnaryLayer
{
    readonly Parameter table;

    /// <summary>A table of normal values at the start.</summary>
    /// <param name="rows">The longest sequence.</param>
    /// <param name="width">Features of a place.</param>
    /// <param name="deviation">Of the values at the start; CLIP's is 0.01.</param>
    public LearnedPositions(int rows, int width, float deviation = 0.01f) =>
        table = Declare("table", new Shape(rows, width), Initializer.Normal(deviation));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is no sequence of that width, or is longer than the table.</exception>
    protected override Tensor Compute(Context context, Tensor x)
    {
        Tensor y = context.Allocate(x.Shape);
        LearnedPositionsOp.Forward(context.Stream, x, table.Value, y);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        LearnedPositionsOp.Backward(context.Stream, dy, table.Gradient);
        return dy;
    }
}
