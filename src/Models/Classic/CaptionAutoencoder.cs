using Dalle2.Models.Parts;

namespace Dalle2.Models.Classic;

/// <summary>The text stage: a caption to a vector and back (sequence to sequence, Sutskever et al., 2014), trained by the cross-entropy of each word.</summary>
public sealed class CaptionAutoencoder
{
    readonly TextEncoder encoder;
    readonly CaptionDecoder decoder;
    readonly SoftmaxCrossEntropy loss = new();

    /// <summary>Over a model's parts.</summary>
    public CaptionAutoencoder(ClassicModel model)
    {
        encoder = model.TextEncoder;
        decoder = model.CaptionDecoder;
    }

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="tokens">Captions <c>[T, B]</c>.</param>
    /// <param name="lengths">Words of each caption, <c>[B]</c>.</param>
    /// <param name="read">What the decoder reads: the beginning, then the caption, <c>[T + 1, B]</c>.</param>
    /// <param name="readLengths">Words that the decoder reads, <c>[B]</c>.</param>
    /// <param name="targets">What it shall say: the caption, then the end, <c>[T + 1, B]</c>, -1 past it.</param>
    /// <returns>The mean cross-entropy of a word in nats, how many words count, and how many of them are guessed right: one element each, on the device.</returns>
    public (Tensor Loss, Tensor Counted, Tensor Correct) Run(
        Context context, TokenBatch tokens, IntTensor lengths, TokenBatch read, IntTensor readLengths, IntTensor targets)
    {
        Tensor text = encoder.Forward(context, tokens, lengths);
        Tensor value = loss.Forward(context, decoder.Forward(context, text, read, readLengths), targets);
        if (context.Training)
            encoder.Backward(context, decoder.Backward(context, loss.Backward(context)));
        return (value, loss.Counted, loss.Correct);
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        encoder.Abandon();
        decoder.Abandon();
        loss.Abandon();
    }
}
