namespace Dalle2.Models.Parts;

/// <summary>The features at the last place of sequences that are equally long, <c>[batch, length, width]</c> to <c>[batch, width]</c>; see <see cref="LastPlace"/> for others.</summary>
public sealed class FinalPlace : UnaryLayer
{
    Shape shape;

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        shape = x.Shape;
        if (x.Shape[1] == 1)
            return x.Reshape(x.Shape[0], x.Cols);
        Tensor y = context.Allocate(x.Shape[0], x.Cols);
        (int count, int before) = (x.Shape[0], (x.Shape[1] - 1) * x.Cols);
        Tensor others = context.Allocate(count, before);
        ConcatenateOp.Split(context.Stream, x.Reshape(count, before + x.Cols), [others, y]);
        context.Release(others);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        if (shape[1] == 1)
            return dy.Reshape(shape);
        int before = (shape[1] - 1) * shape[2];
        Tensor dx = context.Allocate(shape), others = context.Zeros(shape[0], before);
        ConcatenateOp.Join(context.Stream, [others, dy], dx.Reshape(shape[0], before + shape[2]));
        context.Release(others);
        return dx;
    }
}
