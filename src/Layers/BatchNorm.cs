namespace Dalle2.Layers;

/// <summary>
/// Batch normalization over all axes but the last (Ioffe and Szegedy, 2015): in training by the batch's mean and variance, which also move
/// the running ones; otherwise by the running ones.
/// </summary>
public sealed class BatchNorm : UnaryLayer
{
    readonly float momentum;
    readonly Parameter gamma;
    readonly Parameter beta;
    readonly Parameter runningMean;
    readonly Parameter runningVariance;
    Tensor? input;
    Tensor? mean;
    Tensor? rstd;

    /// <summary>Batch normalization; scale 1, shift 0, running mean 0 and variance 1 at the start.</summary>
    /// <param name="channels">The extent of the last axis.</param>
    /// <param name="momentum">How much of a batch goes into the running statistics.</param>
    /// <param name="eps">Added to the variance.</param>
    public BatchNorm(int channels, float momentum = 0.1f, float eps = 1e-5f)
    {
        this.momentum = momentum;
        Epsilon = eps;
        gamma = Declare("gamma", new Shape(channels), Initializer.Ones);
        beta = Declare("beta", new Shape(channels), Initializer.Zeros);
        runningMean = Declare("runningMean", new Shape(channels), Initializer.Zeros, trainable: false);
        runningVariance = Declare("runningVariance", new Shape(channels), Initializer.Ones, trainable: false);
    }

    /// <summary>What is added to the variance.</summary>
    public float Epsilon { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        int channels = gamma.Shape[0];
        if (x.Cols != channels)
            throw new ArgumentException($"batch normalization of {channels} channels cannot take {x.Shape}");
        input = x;
        rstd = context.Allocate(channels);
        if (context.Training)
        {
            mean = context.Allocate(channels);
            int partialRows = BatchNormOp.PartialRows(x.Rows);
            BatchNormOp.Statistics(
                context.Stream, x, context.Allocate(partialRows, channels), context.Allocate(partialRows, channels), mean, rstd,
                runningMean.Value, runningVariance.Value, momentum, Epsilon);
        }
        else
        {
            mean = runningMean.Value;
            BatchNormOp.RunningDeviation(context.Stream, runningVariance.Value, rstd, Epsilon);
        }

        Tensor y = context.Allocate(x.Shape);
        BatchNormOp.Normalize(context.Stream, x, gamma.Value, beta.Value, mean, rstd, y);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        int channels = gamma.Shape[0], partialRows = BatchNormOp.PartialRows(input!.Rows);
        Tensor dx = context.Allocate(input.Shape);
        BatchNormOp.Backward(
            context.Stream, input, dy, gamma.Value, mean!, rstd!,
            context.Allocate(partialRows, channels), context.Allocate(partialRows, channels), context.Allocate(channels),
            context.Allocate(channels),
            dx, gamma.Gradient, beta.Gradient);
        return dx;
    }
}
