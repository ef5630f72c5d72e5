namespace Dalle2.Models.Unclip;

/// <summary>The forms of the prior P(image embedding given caption).</summary>
public enum PriorKind
{
    /// <summary>Diffusion by a residual perceptron, told the caption's embedding.</summary>
    Perceptron,

    /// <summary>Diffusion by a causal transformer, told the features of the caption's words and its embedding.</summary>
    Transformer,

    /// <summary>A causal transformer over codes of the embedding's principal components, one after the other, told the caption's embedding.</summary>
    Autoregressive,
}
