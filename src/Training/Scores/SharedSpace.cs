using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Scores;

/// <summary>The vectors that a model's encoders give captions and pictures, batch by batch.</summary>
sealed class SharedSpace(Context context, IRetrieval encoders, EvaluationSamples samples, int batchSize, CancellationToken cancellation)
{
    /// <summary>The first samples' captions and true pictures.</summary>
    /// <param name="most">So many at most, in whole batches.</param>
    public (List<float[]> Captions, List<float[]> Images) EmbedSamples(int most)
    {
        List<float[]> captions = [], images = [];
        foreach ((_, Batch batch) in samples.Batches(batchSize, cancellation).TakeWhile(batch => batch.Start < most))
        {
            context.BeginStep(0, training: false);
            Tensor caption = encoders.EmbedCaptions(context, batch), image = encoders.EmbedImages(context, batch);
            captions.AddRange(caption.ToArray(context.Stream).Chunk(caption.Cols));
            images.AddRange(image.ToArray(context.Stream).Chunk(image.Cols));
        }

        return (captions, images);
    }

    /// <summary>Any captions.</summary>
    public List<float[]> EmbedCaptions(IReadOnlyList<string> captions)
    {
        var vectors = new List<float[]>(captions.Count);
        foreach (string[] some in captions.Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            context.BeginStep(0, training: false);
            Tensor embedded = encoders.EmbedCaptions(context, new Batch([.. some.Select(samples.Encode)], [], samples.Side));
            vectors.AddRange(embedded.ToArray(context.Stream).Chunk(embedded.Cols));
        }

        return vectors;
    }
}
