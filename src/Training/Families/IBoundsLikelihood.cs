using Dalle2.Layers;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families;

/// <summary>A model that bounds the likelihood of a picture given its caption (ELBO).</summary>
public interface IBoundsLikelihood
{
    /// <summary>The bound on the negative log-likelihood in nats: the mean over the pictures of a batch.</summary>
    double Bound(Context context, Batch batch);
}
