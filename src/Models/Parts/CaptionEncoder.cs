namespace Dalle2.Models.Parts;

/// <summary>A caption to a vector: word numbers to <c>[B, features]</c>.</summary>
public abstract class CaptionEncoder : Layer
{
    /// <summary>Whether it takes word numbers caption by caption, <c>[B, T]</c>, and not word by word, <c>[T, B]</c>.</summary>
    public abstract bool IsByCaption { get; }

    /// <summary>The vectors of a batch of captions.</summary>
    /// <param name="context">The step.</param>
    /// <param name="tokens">Word numbers, padded with 0.</param>
    /// <param name="lengths">Words of each caption, <c>[B]</c>.</param>
    public abstract Tensor Forward(Context context, TokenBatch tokens, IntTensor lengths);

    /// <summary>The features of each word of captions, from a frozen encoder: <c>[B, T, features]</c> or <c>[T, B, features]</c>, as it takes words; behind a caption's last word they mean nothing.</summary>
    /// <param name="context">The step; in training, too, nothing is kept for a backward pass.</param>
    /// <param name="tokens">Word numbers, padded with 0.</param>
    /// <param name="lengths">Words of each caption, <c>[B]</c>.</param>
    public Tensor EncodeWords(Context context, TokenBatch tokens, IntTensor lengths)
    {
        using (context.Inference())
            return ComputeWords(context, tokens, lengths);
    }

    /// <summary>The forward pass up to the features of each word.</summary>
    protected abstract Tensor ComputeWords(Context context, TokenBatch tokens, IntTensor lengths);

    /// <summary>Adds to the parameters' gradients; words have no gradient of their own.</summary>
    public abstract void Backward(Context context, Tensor dtext);
}
