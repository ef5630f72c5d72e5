
namespace Dalle2.Layers;

/// <summary>
/// Learned vectors of tokens: tokens of any shape, say <c>[T, B]</c>, give <c>[T, B, features]</c>. With padding, token 0 is the padding: it
/// reads as zeros whatever its row holds, and its row gets no gradient.
/// </summary>
public sealed class Embedding : Layer
{
    readonly bool padding;
    TokenBatch? tokens;

    /// <summary>A table of standard normal values at the start: with much smaller ones a recurrent layer hears its words too softly, and learns several times slower.</summary>
    /// <param name="vocabulary">Tokens, 0 to vocabulary - 1.</param>
    /// <param name="features">Features of each.</param>
    /// <param name="padding">Whether token 0 is padding.</param>
    public Embedding(int vocabulary, int features, bool padding = true)
    {
        this.padding = padding;
        Weight = Declare("weight", new Shape(vocabulary, features), Initializer.Normal(1f));
    }

    /// <summary>Whether token 0 is padding.</summary>
    public bool HasPadding => padding;

    /// <summary>The table <c>[vocabulary, features]</c>; word vectors are loaded into it.</summary>
    public Parameter Weight { get; }

    /// <summary>The tokens' vectors.</summary>
    /// <param name="context">The step.</param>
    /// <param name="tokens">The tokens, on the device; they stay as they are until the backward pass.</param>
    /// <exception cref="ArgumentException">A token is not in the vocabulary, the message names it; or one of both has padding and the other has not.</exception>
    public Tensor Forward(Context context, TokenBatch tokens)
    {
        int vocabulary = Weight.Shape[0];
        if (tokens.Smallest < 0 || tokens.Largest >= vocabulary)
        {
            int token = tokens.Smallest < 0 ? tokens.Smallest : tokens.Largest;
            throw new ArgumentException($"{Name}: token {token} lies outside of the vocabulary of {vocabulary} (0 to {vocabulary - 1})");
        }

        if (tokens.Padding != padding)
        {
            throw new ArgumentException($"{Name}: token 0 is {Meaning(tokens.Padding)} for the tokens and "
                + $"{Meaning(padding)} for the embedding; give both the same padding");
        }

        BeginForward(context);
        this.tokens = tokens;
        Tensor y = context.Allocate(tokens.Tokens.Shape.Append(Weight.Shape[1]));
        EmbeddingOp.Forward(context.Stream, tokens.Tokens, Weight.Value, padding, y);
        return EndForward(context, y);
    }

    /// <summary>Adds to the table's gradient; none flows to tokens.</summary>
    /// <param name="context">The step.</param>
    /// <param name="dy">The gradient of the vectors.</param>
    public void Backward(Context context, Tensor dy)
    {
        BeginBackward();
        EmbeddingOp.Backward(context.Stream, tokens!.Order, tokens.Starts, tokens.Ids, dy, Weight.Gradient);
        EndBackward(context, dy);
    }

    static string Meaning(bool padding) => padding ? "padding" : "a word";
}
