using Dalle2.Kernels;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>
/// What a prior is told of captions: their embeddings and, for a transformer, the features of their words, which the frozen text encoder gives of both kinds: the states of a recurrent one,
/// the normalized outputs of a transformer.
/// </summary>
sealed class PriorConditions(UnclipModel model)
{
    readonly bool readsWords = model.Sizes.Prior == PriorKind.Transformer;
    int[] places = [];
    Tensor? text;
    TokenBatch? tokens;
    IntTensor? lengths;
    IntTensor? placesOfWords;

    /// <summary>Copies to the device what it takes: the beginning of a step.</summary>
    /// <param name="context">The step.</param>
    /// <param name="captions">The captions.</param>
    /// <param name="texts">Their scaled embeddings, one behind the other; zeros where the condition is dropped.</param>
    public void Upload(Context context, Batch captions, ReadOnlySpan<float> texts)
    {
        text = context.Upload(texts, captions.Size, model.Sizes.Embedding);
        if (!readsWords)
            return;
        tokens = captions.UploadTokens(context, model.TextEncoder.IsByCaption);
        lengths = captions.UploadLengths(context);
        placesOfWords = UploadPlaces(context, captions, texts);
    }

    /// <summary>Queues what it computes of what was uploaded.</summary>
    public PriorCondition Encode(Context context)
    {
        if (!readsWords)
            return new PriorCondition(text!, null);
        Tensor features = model.TextEncoder.EncodeWords(context, tokens!, lengths!);
        // Row 0 of the table stands for no word.
        Tensor table = context.Allocate(features.Rows + 1, features.Cols),
            words = context.Allocate(text!.Rows, model.Sizes.MostWords, features.Cols);
        context.Stream.Copy(features.View, table.Slice(1, features.Rows).View);
        EmbeddingOp.Forward(context.Stream, placesOfWords!, table, padding: true, words);
        context.Release(table);
        return new PriorCondition(text, words);
    }

    // Of each caption, from its first word to the longest caption's last, the row of the table of features that is its own; 0 where there is none.
    IntTensor UploadPlaces(Context context, Batch captions, ReadOnlySpan<float> texts)
    {
        int most = model.Sizes.MostWords, length = model.Sizes.Embedding;
        if (captions.Time > most)
            throw new ArgumentException($"a caption has {captions.Time} words, and the prior reads {most}");
        if (places.Length != captions.Size * most)
            places = new int[captions.Size * most];
        Array.Clear(places);
        for (int b = 0; b < captions.Size; b++)
        {
            bool isDropped = texts.Slice(b * length, length).IndexOfAnyExcept(0f) < 0;
            for (int t = 0; t < captions.Lengths[b] && !isDropped; t++)
                places[b * most + t] = 1 + (model.TextEncoder.IsByCaption ? b * captions.Time + t : t * captions.Size + b);
        }

        return context.Upload(places, captions.Size, most);
    }
}
