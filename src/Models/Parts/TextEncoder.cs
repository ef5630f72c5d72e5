namespace Dalle2.Models.Parts;

/// <summary>A caption to a vector: word vectors, a recurrent layer, its state after the last word. <c>[T, B]</c> word numbers to <c>[B, features]</c>.</summary>
public sealed class TextEncoder : CaptionEncoder
{
    readonly Embedding embedding;
    readonly Recurrent recurrent;

    /// <summary>A text encoder.</summary>
    /// <param name="vocabulary">Words of the vocabulary, special ones included.</param>
    /// <param name="wordFeatures">Features of a word vector.</param>
    /// <param name="features">Features of an encoded caption.</param>
    /// <param name="cell">The recurrent cell.</param>
    public TextEncoder(int vocabulary, int wordFeatures, int features, RecurrentCell cell)
    {
        embedding = Compose("embedding", new Embedding(vocabulary, wordFeatures));
        recurrent = Compose("recurrent", RecurrentCells.Create(cell, wordFeatures, features));
    }

    /// <summary>The word vectors, <c>[vocabulary, word features]</c>.</summary>
    public Parameter WordVectors => embedding.Parameters[0];

    /// <inheritdoc/>
    public override bool IsByCaption => false;

    /// <inheritdoc/>
    public override Tensor Forward(Context context, TokenBatch tokens, IntTensor lengths)
    {
        BeginForward(context);
        recurrent.Forward(context, embedding.Forward(context, tokens), lengths);
        return EndForward(context, recurrent.Final);
    }

    /// <inheritdoc/>
    protected override Tensor ComputeWords(Context context, TokenBatch tokens, IntTensor lengths) =>
        recurrent.Forward(context, embedding.Forward(context, tokens), lengths);

    /// <inheritdoc/>
    public override void Backward(Context context, Tensor dtext)
    {
        BeginBackward();
        embedding.Backward(context, recurrent.Backward(context, null, dtext));
    }
}
