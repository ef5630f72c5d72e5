namespace Dalle2.Layers;

/// <summary>
/// A sample <c>z = mean + eps * exp(logVariance / 2)</c> of a diagonal Gaussian; eps is standard normal, a pure function of the run's seed,
/// the step and the layer's name. It samples in evaluation too: who wants the mean takes the mean.
/// </summary>
public sealed class GaussianReparameterization : Layer
{
    Tensor? logVariance;
    Tensor? eps;

    /// <summary>The sample, of the mean's shape.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public Tensor Forward(Context context, Tensor mean, Tensor logVariance)
    {
        BeginForward(context);
        this.logVariance = logVariance;
        eps = context.Allocate(mean.Shape);
        RandomOp.Normal(context.Stream, eps, context.Key(Name));
        Tensor z = context.Allocate(mean.Shape);
        GaussianReparameterizationOp.Forward(context.Stream, mean, logVariance, eps, z);
        return EndForward(context, z);
    }

    /// <summary>The gradients of mean and log-variance; the first is dz itself.</summary>
    public (Tensor Mean, Tensor LogVariance) Backward(Context context, Tensor dz)
    {
        BeginBackward();
        Tensor dlogVariance = context.Allocate(logVariance!.Shape);
        GaussianReparameterizationOp.Backward(context.Stream, logVariance, eps!, dz, dlogVariance);
        return (dz, EndBackward(context, dlogVariance));
    }
}
