namespace Dalle2.Models.Parts;

/// <summary>
/// CLIP's text encoder (Radford et al., 2021, arXiv 2103.00020): word vectors and learned positions through blocks of causal self-attention; the features of the last word, normalized.
/// </summary>
public sealed class TransformerTextEncoder : CaptionEncoder
{
    readonly Embedding embedding;
    readonly LearnedPositions positions;
    readonly TransformerBlock[] blocks;
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
        blocks = [.. Enumerable.Range(1, layers).Select(i => Compose($"block{i}", new TransformerBlock(features, heads)))];
        last = Compose("last", new LastPlace());
        norm = Compose("norm", new LayerNorm(features));
    }

    /// <inheritdoc/>
    public override bool IsByCaption => true;

    /// <inheritdoc/>
    public override Tensor Forward(Context context, TokenBatch tokens, IntTensor lengths)
    {
        BeginForward(context);
        Tensor x = Transform(context, tokens, lengths);
        return EndForward(context, norm.Forward(context, last.Forward(context, x, lengths)));
    }

    /// <inheritdoc/>
    protected override Tensor ComputeWords(Context context, TokenBatch tokens, IntTensor lengths) =>
        norm.Forward(context, Transform(context, tokens, lengths));

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

    Tensor Transform(Context context, TokenBatch tokens, IntTensor lengths)
    {
        Tensor x = positions.Forward(context, embedding.Forward(context, tokens));
        foreach (TransformerBlock block in blocks)
            x = block.Forward(context, x, lengths);
        return x;
    }
}
