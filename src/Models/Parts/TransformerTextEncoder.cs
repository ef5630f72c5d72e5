namespace Dalle2.Models.Parts;

/// <summary>
/// CLIP's text encoder (Radford et al., 2021, arXiv 2103.00020): word vectors and learned positions through blocks of causal self-attention and a perceptron with QuickGELU, each behind a layer
/// normalization and added to its input; the features of the last word, normalized.
/// </summary>
public sealed class TransformerTextEncoder : CaptionEncoder
{
    readonly Embedding embedding;
    readonly LearnedPositions positions;
    readonly Block[] blocks;
    readonly LastPlace last;
    readonly LayerNorm norm;

    /// <summary>An encoder.</summary>
    /// <param name="vocabulary">Words of the vocabulary, special ones included.</param>
    /// <param name="words">Words of the longest caption.</param>
    /// <param name="features">Features of a word, and of an encoded caption.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Heads of the attention; they divide the features.</param>
    public TransformerTextEncoder(int vocabulary, int words, int features, int layers, int heads)
    {
        embedding = Compose("embedding", new Embedding(vocabulary, features));
        positions = Compose("positions", new LearnedPositions(words, features));
        blocks = [.. Enumerable.Range(1, layers).Select(i => Compose($"block{i}", new Block(features, heads)))];
        last = Compose("last", new LastPlace());
        norm = Compose("norm", new LayerNorm(features));
    }

    /// <inheritdoc/>
    public override bool IsByCaption => true;

    /// <inheritdoc/>
    public override Tensor Forward(Context context, TokenBatch tokens, IntTensor lengths)
    {
        BeginForward(context);
        Tensor x = positions.Forward(context, embedding.Forward(context, tokens));
        foreach (Block block in blocks)
            x = block.Forward(context, x, lengths);
        return EndForward(context, norm.Forward(context, last.Forward(context, x, lengths)));
    }

    /// <inheritdoc/>
    public override void Backward(Context context, Tensor dtext)
    {
        BeginBackward();
        Tensor dx = last.Backward(context, norm.Backward(context, dtext));
        for (int i = blocks.Length - 1; i >= 0; i--)
            dx = blocks[i].Backward(context, dx);
        embedding.Backward(context, positions.Backward(context, dx));
        EndBackward(context);
    }

    sealed class Block : Layer
    {
        const int Expansion = 4;

        readonly LayerNorm attentionNorm;
        readonly MultiHeadAttention attention;
        readonly Sequential perceptron;

        public Block(int width, int heads)
        {
            attentionNorm = Compose("attentionNorm", new LayerNorm(width));
            attention = Compose("attention", new MultiHeadAttention(width, heads, causal: true));
            perceptron = Compose("perceptron", new Sequential(
                ("norm", new LayerNorm(width)), ("expand", new Linear(width, Expansion * width, activation: ActivationKind.QuickGELU)),
                ("project", new Linear(Expansion * width, width))));
        }

        public Tensor Forward(Context context, Tensor x, IntTensor lengths)
        {
            Tensor seen = attention.Forward(context, attentionNorm.Forward(context, x), lengths);
            ElementwiseOp.AddInPlace(context.Stream, seen, x);
            Tensor y = perceptron.Forward(context, seen);
            ElementwiseOp.AddInPlace(context.Stream, y, seen);
            return y;
        }

        public Tensor Backward(Context context, Tensor dy)
        {
            Tensor dseen = perceptron.Backward(context, dy);
            ElementwiseOp.AddInPlace(context.Stream, dseen, dy);
            Tensor dx = attentionNorm.Backward(context, attention.Backward(context, dseen));
            ElementwiseOp.AddInPlace(context.Stream, dx, dseen);
            return dx;
        }
    }
}
