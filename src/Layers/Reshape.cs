namespace Dalle2.Layers;

/// <summary>The same elements in another shape; the first axis, the batch, stays. The output shares the input's memory.</summary>
public sealed class Reshape : UnaryLayer
{
    readonly int[] extents;
    Shape shape;

    /// <summary>A change of shape.</summary>
    /// <param name="extents">The extents after the batch's; one may be -1, and then follows from the others.</param>
    /// <exception cref="ArgumentException">An extent is negative, other than one -1.</exception>
    public Reshape(params int[] extents)
    {
        if (extents.Any(e => e < -1) || extents.Count(e => e == -1) > 1)
        {
            throw new ArgumentException($"a shape has extents that are not negative, and at most one -1 for the one that follows; it is ["
                + $"{string.Join(", ", extents)}]");
        }

        this.extents = [.. extents];
    }

    /// <summary>The extents after the batch's; one may be -1, and then follows from the others.</summary>
    public IReadOnlyList<int> Extents => extents;

    /// <summary>All axes but the batch as one.</summary>
    public static Reshape Flatten() => new(-1);

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        shape = x.Shape;
        int sample = 1, known = 1;
        for (int axis = 1; axis < shape.Rank; axis++)
            sample *= shape[axis];
        foreach (int extent in extents)
            known = extent == -1 ? known : checked(known * extent);
        bool follows = Array.IndexOf(extents, -1) >= 0;
        bool fits = follows ? known != 0 && sample % known == 0 : known == sample;
        if (shape.Rank == 0 || !fits)
            throw new ArgumentException($"the samples of {shape} cannot be given the shape [{string.Join(", ", extents)}]");
        Span<int> given = stackalloc int[extents.Length + 1];
        given[0] = shape[0];
        for (int axis = 0; axis < extents.Length; axis++)
            given[axis + 1] = extents[axis] == -1 ? sample / known : extents[axis];
        return x.Reshape(given);
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => dy.Reshape(shape);
}
