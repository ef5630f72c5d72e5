namespace Dalle2.Models.Unclip;

/// <summary>The network of a diffusion prior: it predicts an image embedding from its noisy form, the time and what is known of the caption.</summary>
public abstract class PriorNetwork : Layer
{
    /// <summary>What makes features of the times.</summary>
    public abstract TimeEmbedding Times { get; }

    /// <summary>The embeddings without noise, as predicted, <c>[B, embedding]</c>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="noisy">Noisy embeddings, <c>[B, embedding]</c>.</param>
    /// <param name="condition">Of the captions.</param>
    /// <param name="times">How far each is noise, <c>[B]</c>, in [0, 1].</param>
    public abstract Tensor Forward(Context context, Tensor noisy, PriorCondition condition, Tensor times);

    /// <summary>Adds to the parameters' gradients; what it is given is data.</summary>
    public abstract void Backward(Context context, Tensor dprediction);
}
