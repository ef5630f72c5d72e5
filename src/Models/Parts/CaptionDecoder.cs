namespace Dalle2.Models.Parts;

/// <summary>
/// A vector back to its caption, with teacher forcing: from the vector's projection as first state, a recurrent layer reads each word and
/// gives the logits of the next one. The other half of the text stage's sequence-to-sequence model.
/// </summary>
public sealed class CaptionDecoder : Layer
{
    readonly Linear initialState;
    readonly Embedding embedding;
    readonly Recurrent recurrent;
    readonly Linear output;

    /// <summary>A caption decoder.</summary>
    /// <param name="vocabulary">Words of the vocabulary, special ones included.</param>
    /// <param name="wordFeatures">Features of a word vector.</param>
    /// <param name="features">Features of an encoded caption, and of the state.</param>
    /// <param name="cell">The recurrent cell.</param>
    public CaptionDecoder(int vocabulary, int wordFeatures, int features, RecurrentCell cell)
    {
        initialState = Compose("initialState", new Linear(features, features));
        embedding = Compose("embedding", new Embedding(vocabulary, wordFeatures));
        recurrent = Compose("recurrent", RecurrentCells.Create(cell, wordFeatures, features));
        output = Compose("output", new Linear(features, vocabulary));
    }

    /// <summary>The logits of the next words, <c>[T, B, vocabulary]</c>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="text">The vectors <c>[B, features]</c>.</param>
    /// <param name="words">The words read: the first marks the beginning, <c>[T, B]</c>.</param>
    /// <param name="lengths">Words read of each caption, <c>[B]</c>.</param>
    public Tensor Forward(Context context, Tensor text, TokenBatch words, IntTensor lengths)
    {
        BeginForward(context);
        Tensor initial = initialState.Forward(context, text);
        Tensor states = recurrent.Forward(context, embedding.Forward(context, words), lengths, initial);
        return EndForward(context, output.Forward(context, states));
    }

    /// <summary>The gradient of the vectors; adds to the parameters' gradients.</summary>
    public Tensor Backward(Context context, Tensor dlogits)
    {
        BeginBackward();
        embedding.Backward(context, recurrent.Backward(context, output.Backward(context, dlogits), null));
        return EndBackward(context, initialState.Backward(context, recurrent.InitialHiddenGradient));
    }
}
