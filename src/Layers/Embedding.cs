
namespace Dalle2.Layers;

/// <summary>
/// Learned vectors of tokens: tokens of any shape, say <c>[T, B]</c>, give <c>[T, B, features]</c>. With padding, token 0 is the padding: it
/// reads as zeros whatever its row holds, and its row gets no gradient.
/// </summary>
public sealed class Embedding : Layer
{
    readonly bool padding;
    int[] values = [];
    int[] segmentOf = [];
    int[] places = [];
    int[] tokensOfSegments = [];
    int[] bounds = [];
    ArrayView<int> order;
    ArrayView<int> starts;
    ArrayView<int> ids;

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

    /// <summary>The tokens' vectors. The tokens are read back to the host, to check them.</summary>
    /// <exception cref="ArgumentException">A token is not in the vocabulary; the message names it.</exception>
    public Tensor Forward(Context context, IntTensor tokens)
    {
        int vocabulary = Weight.Shape[0];
        if (values.Length != tokens.Length)
            values = new int[tokens.Length];
        context.Stream.Read<int>(tokens.View, values);
        foreach (int token in values)
        {
            if (token < 0 || token >= vocabulary)
                throw new ArgumentException($"{Name}: token {token} lies outside of the vocabulary of {vocabulary} (0 to {vocabulary - 1})");
        }

        BeginForward(context);
        Tensor y = context.Allocate(tokens.Shape.Append(Weight.Shape[1]));
        EmbeddingOp.Forward(context.Stream, tokens, Weight.Value, padding, y);
        return EndForward(context, y);
    }

    /// <summary>Adds to the table's gradient; none flows to tokens.</summary>
    /// <param name="context">The step.</param>
    /// <param name="dy">The gradient of the vectors.</param>
    public void Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Sort(context);
        EmbeddingOp.Backward(context.Stream, order, starts, ids, dy, Weight.Gradient);
        EndBackward(context, dy);
    }

    // Places by token, in rising order for each, and where each token's segment starts. Tokens come in the order in which the batch has them, so that it takes as long
    // as the batch is, not as the vocabulary. The memory is that of a batch without padding, whatever the batch.
    void Sort(Context context)
    {
        if (segmentOf.Length == 0)
        {
            segmentOf = new int[Weight.Shape[0]];
            Array.Fill(segmentOf, -1);
        }

        if (places.Length < values.Length)
            (places, tokensOfSegments, bounds) = (new int[values.Length], new int[values.Length], new int[values.Length + 1]);
        int segments = 0, count = 0;
        // bounds[s + 1] is the length of segment s, then where its next place goes, and so in the end where it ends.
        foreach (int token in values)
        {
            if (padding && token == 0)
                continue;
            ref int segment = ref segmentOf[token];
            if (segment < 0)
            {
                segment = segments++;
                tokensOfSegments[segment] = token;
                bounds[segment + 1] = 0;
            }

            bounds[segment + 1]++;
        }

        for (int segment = 0; segment < segments; segment++)
        {
            int length = bounds[segment + 1];
            bounds[segment + 1] = count;
            count += length;
        }

        for (int place = 0; place < values.Length; place++)
        {
            if (!padding || values[place] != 0)
                places[bounds[segmentOf[values[place]] + 1]++] = place;
        }

        for (int segment = 0; segment < segments; segment++)
            segmentOf[tokensOfSegments[segment]] = -1;
        order = Upload(context, places.AsSpan(0, count));
        starts = Upload(context, bounds.AsSpan(0, segments + 1));
        ids = Upload(context, tokensOfSegments.AsSpan(0, segments));
    }

    ArrayView<int> Upload(Context context, ReadOnlySpan<int> integers)
    {
        ArrayView<int> view = context.Arena.Allocate<int>(values.Length + 1).Part(0, integers.Length);
        context.Stream.Write(integers, view);
        return view;
    }
}
