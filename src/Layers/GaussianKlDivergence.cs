namespace Dalle2.Layers;

/// <summary>
/// The Kullback-Leibler divergence of N(mean, exp(logVariance)) from a learned N(priorMean, exp(priorLogVariance)), in nats: summed over the
/// latent's axes, averaged over the first. All <c>[B, latent]</c>. It stays on the device, a tensor of one element.
/// </summary>
public sealed class GaussianKlDivergence : Layer
{
    Tensor? mean;
    Tensor? logVariance;
    Tensor? priorMean;
    Tensor? priorLogVariance;

    /// <summary>The divergence, one element.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public Tensor Forward(Context context, Tensor mean, Tensor logVariance, Tensor priorMean, Tensor priorLogVariance)
    {
        BeginForward(context);
        (this.mean, this.logVariance, this.priorMean, this.priorLogVariance) = (mean, logVariance, priorMean, priorLogVariance);
        Tensor partials = context.Allocate(ReductionOp.Partials(mean.Length)), loss = context.Allocate(1);
        GaussianKlDivergenceOp.Forward(context.Stream, mean, logVariance, priorMean, priorLogVariance, partials, loss, 1f / mean.Shape[0]);
        return EndForward(context, loss);
    }

    /// <summary>The gradients of all four.</summary>
    /// <param name="context">The step.</param>
    /// <param name="scale">The gradient of the loss.</param>
    public (Tensor Mean, Tensor LogVariance, Tensor PriorMean, Tensor PriorLogVariance) Backward(Context context, float scale = 1f)
    {
        BeginBackward();
        Shape shape = mean!.Shape;
        Tensor dmean = context.Allocate(shape), dlogVariance = context.Allocate(shape);
        Tensor dpriorMean = context.Allocate(shape), dpriorLogVariance = context.Allocate(shape);
        GaussianKlDivergenceOp.Backward(
            context.Stream, mean, logVariance!, priorMean!, priorLogVariance!, scale / shape[0], dmean, dlogVariance, dpriorMean,
            dpriorLogVariance);
        return (EndBackward(context, dmean), EndBackward(context, dlogVariance), EndBackward(context, dpriorMean),
            EndBackward(context, dpriorLogVariance));
    }
}
