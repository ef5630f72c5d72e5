namespace Dalle2.Layers;

/// <summary>The features of each sequence at its last place: <c>[batch, time, width]</c> with lengths <c>[batch]</c> to <c>[batch, width]</c>. A length below 1 counts as 1, one above the time as the time.</summary>
public sealed class LastPlace : Layer
{
    IntTensor? lengths;
    Shape shape;

    /// <summary>The features.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The sequences.</param>
    /// <param name="lengths">Places of each, on the device until the backward pass.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public Tensor Forward(Context context, Tensor x, IntTensor lengths)
    {
        BeginForward(context);
        (this.lengths, shape) = (lengths, x.Shape);
        Tensor y = context.Allocate(x.Shape[0], x.Cols);
        LastPlaceOp.Forward(context.Stream, x, lengths, y);
        return EndForward(context, y);
    }

    /// <summary>The gradient of the sequences.</summary>
    public Tensor Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor dx = context.Allocate(shape);
        LastPlaceOp.Backward(context.Stream, dy, lengths!, dx);
        return EndBackward(context, dx);
    }
}
