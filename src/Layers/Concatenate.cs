namespace Dalle2.Layers;

/// <summary>Tensors side by side along the last axis; the other axes are equal.</summary>
public sealed class Concatenate : Layer
{
    Shape[] shapes = [];

    /// <summary>The inputs side by side.</summary>
    /// <exception cref="ArgumentException">There are fewer than two inputs, or their other axes differ.</exception>
    public Tensor Forward(Context context, params Tensor[] inputs)
    {
        if (inputs.Length < 2)
            throw new ArgumentException($"a concatenation takes two tensors or more, not {inputs.Length}");
        int[] extents = inputs[0].Shape.ToArray();
        foreach (Tensor input in inputs)
        {
            if (input.Shape.Rank != extents.Length || extents.Length == 0 || !input.Shape.ToArray().AsSpan(..^1).SequenceEqual(extents.AsSpan(..^1)))
                throw new ArgumentException($"tensors that are concatenated are equal in all axes but the last; these are {string.Join(" and ", inputs.Select(t => t.Shape))}");
        }

        BeginForward(context);
        shapes = [.. inputs.Select(t => t.Shape)];
        extents[^1] = inputs.Sum(t => t.Cols);
        Tensor y = context.Allocate(extents);
        ConcatenateOp.Join(context.Stream, inputs, y);
        return EndForward(context, y);
    }

    /// <summary>The gradients of the inputs, in their order.</summary>
    public Tensor[] Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor[] gradients = [.. shapes.Select(context.Allocate)];
        ConcatenateOp.Split(context.Stream, dy, gradients);
        return [.. gradients.Select(g => EndBackward(context, g))];
    }
}
