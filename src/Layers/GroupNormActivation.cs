namespace Dalle2.Layers;

/// <summary>
/// Group normalization, then by choice each sample's gain and shift per channel, then by choice SiLU, in one pass over memory behind the statistics
/// (AdaGN: Dhariwal and Nichol, 2021, arXiv 2105.05233): <c>y = f(GroupNorm(x) (1 + gain) + shift)</c>. x <c>[N, ..., channels]</c>,
/// gain and shift <c>[N, channels]</c>, side by side as <c>[N, 2 channels]</c>. For the backward pass it keeps x alone, and the statistics.
/// </summary>
public sealed class GroupNormActivation : UnaryLayer
{
    readonly Parameter gamma;
    readonly Parameter beta;
    Tensor? input;
    Tensor? modulation;
    Tensor? mean;
    Tensor? rstd;

    /// <summary>Scale 1, shift 0 at the start.</summary>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="channels">The extent of the last axis.</param>
    /// <param name="activates">SiLU of the result.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">The channels do not divide into the groups.</exception>
    public GroupNormActivation(int groups, int channels, bool activates = true, float eps = 1e-5f)
    {
        if (groups < 1 || channels % groups != 0)
            throw new ArgumentException($"{channels} channels do not divide into {groups} groups");
        Groups = groups;
        Activates = activates;
        Epsilon = eps;
        gamma = Declare("gamma", new Shape(channels), Initializer.Ones);
        beta = Declare("beta", new Shape(channels), Initializer.Zeros);
    }

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>Whether SiLU of the result is taken.</summary>
    public bool Activates { get; }

    /// <summary>What is added to the variance.</summary>
    public float Epsilon { get; }

    /// <summary>The result with each sample's gains and shifts.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The map.</param>
    /// <param name="modulation">Each sample's gains, then its shifts, <c>[N, 2 channels]</c>.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    /// <exception cref="InvalidOperationException">A forward pass in training is still to be followed by its backward pass.</exception>
    public Tensor Forward(Context context, Tensor x, Tensor modulation)
    {
        BeginForward(context);
        return EndForward(context, Compute(context, x, modulation));
    }

    /// <summary>The gradients of the map and of the modulation, behind a forward pass that had one.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass in training, or it had no modulation.</exception>
    public (Tensor Input, Tensor Modulation) BackwardModulated(Context context, Tensor dy)
    {
        BeginBackward();
        if (modulation == null)
            throw new InvalidOperationException($"{Name}: the forward pass had no modulation; call Backward");
        Tensor dmodulation = context.Allocate(modulation.Shape), dx = Differentiate(context, dy, dmodulation);
        return (EndBackward(context, dx), dmodulation);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x) => Compute(context, x, null);

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => modulation == null
        ? Differentiate(context, dy, null)
        : throw new InvalidOperationException($"{Name}: the forward pass had a modulation; call BackwardModulated");

    Tensor Compute(Context context, Tensor x, Tensor? modulation)
    {
        if (x.Shape.Rank < 2 || x.Cols != gamma.Shape[0])
            throw new ArgumentException($"group normalization of {gamma.Shape[0]} channels cannot take {x.Shape}");
        (input, this.modulation) = (x, modulation);
        mean = context.Allocate(x.Shape[0], Groups);
        rstd = context.Allocate(x.Shape[0], Groups);
        Tensor y = context.Allocate(x.Shape);
        if (x.Length > 0)
        {
            int rowsPerSample = x.Rows / x.Shape[0], partialRows = GroupNormActivationOp.PartialRows(x.Rows, rowsPerSample);
            Tensor means = context.Allocate(partialRows, x.Cols), squares = context.Allocate(partialRows, x.Cols);
            GroupNormActivationOp.Forward(
                context.Stream, x, gamma.Value, beta.Value, modulation, means, squares, y, mean, rstd, rowsPerSample, Groups, Epsilon,
                Activates);
            context.Release(means);
            context.Release(squares);
        }

        return y;
    }

    Tensor Differentiate(Context context, Tensor dy, Tensor? dmodulation)
    {
        Tensor x = input!, dx = context.Allocate(x.Shape);
        if (x.Length > 0)
        {
            int samples = x.Shape[0], rowsPerSample = x.Rows / samples;
            int partialRows = GroupNormActivationOp.PartialRows(x.Rows, rowsPerSample);
            Tensor[] scratch =
            [
                context.Allocate(partialRows, x.Cols), context.Allocate(partialRows, x.Cols), context.Allocate(samples, x.Cols),
                context.Allocate(samples, x.Cols), context.Allocate(mean!.Shape), context.Allocate(mean.Shape),
            ];
            GroupNormActivationOp.Backward(
                context.Stream, x, dy, gamma.Value, beta.Value, modulation, mean, rstd!, scratch[0], scratch[1], scratch[2], scratch[3],
                scratch[4], scratch[5], dx, dmodulation, gamma.Gradient, beta.Gradient, rowsPerSample, Groups, Activates);
            foreach (Tensor tensor in scratch)
                context.Release(tensor);
        }

        return dx;
    }
}
