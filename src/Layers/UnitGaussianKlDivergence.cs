namespace Dalle2.Layers;

/// <summary>
/// The Kullback-Leibler divergence of N(mean, exp(logVariance)) from N(0, I), in nats: summed over the latent's axes, averaged over the
/// first. Mean and log-variance <c>[B, latent]</c>. It stays on the device, a tensor of one element.
/// </summary>
public sealed class UnitGaussianKlDivergence : Layer
{
    Tensor? mean;
    Tensor? logVariance;

    /// <summary>The divergence, one element.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public Tensor Forward(Context context, Tensor mean, Tensor logVariance)
    {
        BeginForward(context);
        (this.mean, this.logVariance) = (mean, logVariance);
        Tensor partials = context.Allocate(ReductionOp.Partials(mean.Length)), loss = context.Allocate(1);
        GaussianKlDivergenceOp.ForwardUnit(context.Stream, mean, logVariance, partials, loss, 1f / mean.Shape[0]);
        return EndForward(context, loss);
    }

    /// <summary>The gradients of mean and log-variance.</summary>
    /// <param name="context">The step.</param>
    /// <param name="scale">The gradient of the loss.</param>
    public (Tensor Mean, Tensor LogVariance) Backward(Context context, float scale = 1f)
    {
        BeginBackward();
        Tensor dmean = context.Allocate(mean!.Shape), dlogVariance = context.Allocate(mean.Shape);
        GaussianKlDivergenceOp.BackwardUnit(context.Stream, mean, logVariance!, scale / mean.Shape[0], dmean, dlogVariance);
        return (EndBackward(context, dmean), EndBackward(context, dlogVariance));
    }
}
