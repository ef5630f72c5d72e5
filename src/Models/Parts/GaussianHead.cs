namespace Dalle2.Models.Parts;

/// <summary>Features to the mean and the log-variance of a diagonal Gaussian: two fully connected layers, <c>[B, features]</c> to twice <c>[B, latent]</c>.</summary>
public sealed class GaussianHead : Layer
{
    readonly Linear mean;
    readonly Linear logVariance;

    /// <summary>A head.</summary>
    /// <param name="features">Numbers in.</param>
    /// <param name="latent">Numbers of the latent.</param>
    public GaussianHead(int features, int latent)
    {
        mean = Compose("mean", new Linear(features, latent));
        logVariance = Compose("logVariance", new Linear(features, latent));
    }

    /// <summary>Mean and log-variance, <c>[B, latent]</c> each.</summary>
    public (Tensor Mean, Tensor LogVariance) Forward(Context context, Tensor x) =>
        (mean.Forward(context, x), logVariance.Forward(context, x));

    /// <summary>The gradient of the features; adds to the parameters' gradients.</summary>
    public Tensor Backward(Context context, Tensor dmean, Tensor dlogVariance)
    {
        Tensor dx = mean.Backward(context, dmean);
        Tensor other = logVariance.Backward(context, dlogVariance);
        ElementwiseOp.AddInPlace(context.Stream, dx, other);
        context.Release(other);
        return dx;
    }
}
