namespace Dalle2.Layers;

/// <summary>
/// Learnt vectors of tokens: tokens of any shape, say <c>[T, B]</c>, give <c>[T, B, features]</c>. With padding, token 0 is the padding: it
/// reads as zeros whatever its row holds, and its row gets no gradient.
/// </summary>
public sealed class Embedding : Layer
{
    readonly bool padding;
    IntTensor? order;
    IntTensor? starts;
    IntTensor? ids;

    /// <summary>A table of standard normal values at the start: with much smaller ones a recurrent layer hears its words too softly, and learns several times slower.</summary>
    /// <param name="vocabulary">Tokens, 0 to vocabulary - 1.</param>
    /// <param name="features">Features of each.</param>
    /// <param name="padding">Whether token 0 is padding.</param>
    public Embedding(int vocabulary, int features, bool padding = true)
    {
        this.padding = padding;
        Weight = Declare("weight", new Shape(vocabulary, features), Initializer.Normal(1f));
    }

    /// <summary>The table <c>[vocabulary, features]</c>; word vectors are loaded into it.</summary>
    public Parameter Weight { get; }

    /// <summary>The tokens' vectors. The tokens are read back to the host, to check them and to sort them for the backward pass.</summary>
    /// <exception cref="ArgumentException">A token is not in the vocabulary; the message names it.</exception>
    public Tensor Forward(Context context, IntTensor tokens)
    {
        int vocabulary = Weight.Shape[0];
        int[] values = tokens.ToArray(context.Stream);
        foreach (int token in values)
        {
            if (token < 0 || token >= vocabulary)
                throw new ArgumentException($"{Name}: token {token} lies outside of the vocabulary of {vocabulary} (0 to {vocabulary - 1})");
        }

        BeginForward(context);
        if (context.Training)
            Sort(context, values);
        Tensor y = context.Allocate([.. tokens.Shape.ToArray(), Weight.Shape[1]]);
        EmbeddingOp.Forward(context.Stream, tokens, Weight.Value, padding, y);
        return EndForward(context, y);
    }

    /// <summary>Adds to the table's gradient; none flows to tokens.</summary>
    /// <param name="context">The step.</param>
    /// <param name="dy">The gradient of the vectors.</param>
    public void Backward(Context context, Tensor dy)
    {
        BeginBackward();
        EmbeddingOp.Backward(context.Stream, order!, starts!, ids!, dy, Weight.Gradient);
        EndBackward(context, dy);
    }

    // Places sorted by (token, place), and where each token's segment starts.
    void Sort(Context context, int[] tokens)
    {
        ulong[] pairs = [.. tokens.Select((token, place) => ((ulong)token << 32) | (uint)place).Where(pair => !padding || pair >> 32 != 0)];
        Array.Sort(pairs);
        int[] firsts = [.. Enumerable.Range(0, pairs.Length).Where(i => i == 0 || pairs[i] >> 32 != pairs[i - 1] >> 32)];
        order = context.Upload([.. pairs.Select(pair => (int)(uint)pair)], pairs.Length);
        starts = context.Upload([.. firsts, pairs.Length], firsts.Length + 1);
        ids = context.Upload([.. firsts.Select(i => (int)(pairs[i] >> 32))], firsts.Length);
    }
}
