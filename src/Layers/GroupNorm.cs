namespace Dalle2.Layers;

/// <summary>
/// Group normalization (Wu and He, 2018): each sample's channels, in groups of neighbors, are normalized by the mean and variance over
/// the group's channels and all pixels. The first axis is the batch, the last the channels.
/// </summary>
public sealed class GroupNorm : UnaryLayer
{
    readonly Parameter gamma;
    readonly Parameter beta;
    Tensor? input;
    Tensor? mean;
    Tensor? rstd;

    /// <summary>Group normalization; scale 1, shift 0 at the start.</summary>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="channels">The extent of the last axis.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">The channels do not divide into the groups.</exception>
    public GroupNorm(int groups, int channels, float eps = 1e-5f)
    {
        if (groups < 1 || channels % groups != 0)
            throw new ArgumentException($"{channels} channels do not divide into {groups} groups");
        Groups = groups;
        Epsilon = eps;
        gamma = Declare("gamma", new Shape(channels), Initializer.Ones);
        beta = Declare("beta", new Shape(channels), Initializer.Zeros);
    }

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>What is added to the variance.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        if (x.Shape.Rank < 2 || x.Cols != gamma.Shape[0])
            throw new ArgumentException($"group normalization of {gamma.Shape[0]} channels cannot take {x.Shape}");
        input = x;
        mean = context.Allocate(x.Shape[0], Groups);
        rstd = context.Allocate(x.Shape[0], Groups);
        Tensor y = context.Allocate(x.Shape);
        if (x.Length > 0)
        {
            int rowsPerSample = x.Rows / x.Shape[0], partialRows = GroupNormOp.PartialRows(x.Rows, rowsPerSample);
            GroupNormOp.Forward(
                context.Stream, x, gamma.Value, beta.Value, context.Allocate(partialRows, x.Cols), context.Allocate(partialRows, x.Cols),
                y, mean, rstd, rowsPerSample, Groups, Epsilon);
        }

        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor x = input!, dx = context.Allocate(x.Shape);
        if (x.Length > 0)
        {
            int rowsPerSample = x.Rows / x.Shape[0], partialRows = GroupNormOp.PartialRows(x.Rows, rowsPerSample);
            GroupNormOp.Backward(
                context.Stream, x, dy, gamma.Value, mean!, rstd!,
                context.Allocate(partialRows, x.Cols), context.Allocate(partialRows, x.Cols), context.Allocate(mean!.Shape),
                context.Allocate(mean.Shape),
                dx, gamma.Gradient, beta.Gradient, rowsPerSample, Groups);
        }

        return dx;
    }
}
