using Dalle2.Models.Parts;

namespace Dalle2.Models.Unclip;

/// <summary>
/// A causal transformer over the sequence of the caption's words, its embedding, the time, the noisy embedding and a last place of its own, whose output is the prediction (Ramesh et al., 2022,
/// arXiv 2204.06125, section 2.2).
/// </summary>
/// <remarks>
/// Words are projected without a bias, so that a place without a word holds its learned position alone: all captions have as many places, and what is drawn for one does not depend on the others.
/// The last place is nothing but a learned position.
/// </remarks>
public sealed class PriorTransformer : PriorNetwork
{
    // Behind the words: the caption's embedding, the time, the noisy embedding, the last place.
    const int PlacesBehind = 4;

    readonly int places;
    readonly int width;
    readonly Linear word;
    readonly Linear text;
    readonly Sequential time;
    readonly Linear noisy;
    readonly Concatenate join;
    readonly CausalTransformer transformer;
    readonly Sequential end;

    /// <summary>A network.</summary>
    /// <param name="embedding">Features of an embedding.</param>
    /// <param name="words">Words of the longest caption.</param>
    /// <param name="wordFeatures">Features of a word.</param>
    /// <param name="width">Features of a place, an even number.</param>
    /// <param name="blocks">Blocks of the transformer.</param>
    /// <param name="heads">Heads of the attention; they divide the width.</param>
    public PriorTransformer(int embedding, int words, int wordFeatures, int width, int blocks, int heads)
    {
        places = words + PlacesBehind;
        this.width = width;
        Times = new TimeEmbedding(width);
        word = Compose("word", new Linear(wordFeatures, width, withBias: false));
        text = Compose("text", new Linear(embedding, width));
        time = Compose("time", new Sequential(
            ("first", new Linear(width, width, activation: ActivationKind.SiLU)), ("second", new Linear(width, width))));
        noisy = Compose("noisy", new Linear(embedding, width));
        join = Compose("join", new Concatenate());
        transformer = Compose("transformer", new CausalTransformer(places, width, blocks, heads));
        end = Compose("end", new Sequential(
            ("last", new FinalPlace()), ("norm", new LayerNorm(width)), ("project", new Linear(width, embedding))));
    }

    /// <inheritdoc/>
    public override TimeEmbedding Times { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The words are missing, or are not as many as the places for them.</exception>
    public override Tensor Forward(Context context, Tensor noisy, PriorCondition condition, Tensor times)
    {
        if (condition.Words is not { } words || words.Shape[1] != places - PlacesBehind)
        {
            throw new ArgumentException(
                $"{Name}: a transformer prior takes the features of {places - PlacesBehind} words, not {condition.Words?.Shape}");
        }

        BeginForward(context);
        int count = noisy.Shape[0];
        Tensor joined = join.Forward(
            context, word.Forward(context, words).Reshape(count, words.Shape[1] * width), text.Forward(context, condition.Text),
            time.Forward(context, Times.Forward(context, times)), this.noisy.Forward(context, noisy), context.Zeros(count, width));
        return EndForward(context, end.Forward(context, transformer.Forward(context, joined.Reshape(count, places, width))));
    }

    /// <inheritdoc/>
    public override void Backward(Context context, Tensor dprediction)
    {
        BeginBackward();
        int count = dprediction.Rows;
        Tensor djoined = transformer.Backward(context, end.Backward(context, dprediction));
        Tensor[] parts = join.Backward(context, djoined.Reshape(count, places * width));
        word.BackwardToParameters(context, parts[0].Reshape(count, places - PlacesBehind, width));
        text.BackwardToParameters(context, parts[1]);
        time.BackwardToParameters(context, parts[2]);
        noisy.BackwardToParameters(context, parts[3]);
        EndBackward(context);
    }
}
