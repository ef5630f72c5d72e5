namespace Dalle2.Layers;

/// <summary>
/// Bilinear resizing to any size, larger or smaller, corners not aligned and without antialiasing, as PyTorch's
/// <c>interpolate(mode="bilinear", align_corners=False)</c>: <c>[N, H, W, C]</c> to <c>[N, height, width, C]</c>.
/// </summary>
public sealed class BilinearResize : UnaryLayer
{
    Shape shape;

    /// <summary>Resizing.</summary>
    /// <param name="size">The new height and width.</param>
    /// <exception cref="ArgumentException">A side is less than 1.</exception>
    public BilinearResize(Size2d size)
    {
        if (size.Height < 1 || size.Width < 1)
            throw new ArgumentException($"a map has sides of 1 pixel or more, not {size}");
        Size = size;
    }

    /// <summary>The size of the result.</summary>
    public Size2d Size { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        if (x.Shape.Rank != 4)
            throw new ArgumentException($"a map [samples, height, width, channels] is resized, not {x.Shape}");
        shape = x.Shape;
        Tensor y = context.Allocate(x.Shape[0], Size.Height, Size.Width, x.Cols);
        BilinearResizeOp.Forward(context.Stream, x, y);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(shape);
        BilinearResizeOp.Backward(context.Stream, dy, dx);
        return dx;
    }
}
