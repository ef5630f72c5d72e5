namespace Dalle2.Layers;

/// <summary>Tensors side by side along the last axis; the other axes are equal.</summary>
public sealed class Concatenate : Layer
{
    Shape[] shapes = [];
    Tensor[] gradients = [];

    /// <summary>The inputs side by side.</summary>
    /// <exception cref="ArgumentException">There are fewer than two inputs, or their other axes differ.</exception>
    public Tensor Forward(Context context, params ReadOnlySpan<Tensor> inputs)
    {
        if (inputs.Length < 2)
            throw new ArgumentException($"a concatenation takes two tensors or more, not {inputs.Length}");
        int cols = 0;
        foreach (Tensor input in inputs)
        {
            if (input.Shape.Rank == 0 || input.Shape.With(-1, 1) != inputs[0].Shape.With(-1, 1))
            {
                throw new ArgumentException($"tensors that are concatenated are equal in all axes but the last; these are "
                    + $"{string.Join(" and ", inputs.ToArray().Select(t => t.Shape))}");
            }

            cols += input.Cols;
        }

        BeginForward(context);
        if (shapes.Length != inputs.Length)
            (shapes, gradients) = (new Shape[inputs.Length], new Tensor[inputs.Length]);
        for (int i = 0; i < inputs.Length; i++)
            shapes[i] = inputs[i].Shape;
        Tensor y = context.Allocate(shapes[0].With(-1, cols));
        ConcatenateOp.Join(context.Stream, inputs, y);
        return EndForward(context, y);
    }

    /// <summary>The gradients of the inputs, in their order; the array is filled anew by the next backward pass.</summary>
    public Tensor[] Backward(Context context, Tensor dy)
    {
        BeginBackward();
        for (int i = 0; i < shapes.Length; i++)
            gradients[i] = context.Allocate(shapes[i]);
        ConcatenateOp.Split(context.Stream, dy, gradients);
        foreach (Tensor gradient in gradients)
            EndBackward(context, gradient);
        return gradients;
    }
}
