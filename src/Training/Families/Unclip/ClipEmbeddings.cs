using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>
/// What the frozen CLIP makes of the training data, computed once: unit vectors, scaled by the square root of their length so that a number has a mean square of 1. And what diffusion stages draw
/// for each step: pure functions of (seed, step).
/// </summary>
sealed class ClipEmbeddings
{
    const int PicturesAtOnce = 128;

    readonly float[] images;
    readonly float[] texts;
    readonly int length;

    ClipEmbeddings(float[] images, float[] texts, int length) => (this.images, this.texts, this.length) = (images, texts, length);

    /// <summary>What embeddings are multiplied by.</summary>
    public static float Scale(int length) => MathF.Sqrt(length);

    /// <summary>Those of all pictures, one behind the other.</summary>
    public ReadOnlySpan<float> Images => images;

    /// <summary>Embeds all samples.</summary>
    public static ClipEmbeddings Of(Device device, UnclipModel model, PreparedData data, int[][] captions)
    {
        var clip = model.Clip;
        int length = model.Sizes.Embedding;
        float[] images = new float[data.Count * length], texts = new float[data.Count * length];
        using var context = new Context(device);
        for (int start = 0; start < data.Count; start += PicturesAtOnce)
        {
            int count = Math.Min(PicturesAtOnce, data.Count - start);
            Batch batch = BatchSampler.Gather(data, captions, [.. Enumerable.Range(start, count)]);
            context.BeginStep(0, training: false);
            Read(clip.EmbedImages(context, model.Reduce(context, batch.UploadImages(context))), images);
            var tokens = batch.UploadTokens(context, model.TextEncoder.IsByCaption);
            Read(clip.EmbedCaptions(context, tokens, batch.UploadLengths(context)), texts);

            void Read(Tensor embeddings, float[] all)
            {
                float[] own = embeddings.ToArray(context.Stream);
                for (int i = 0; i < own.Length; i++)
                    all[start * length + i] = own[i] * Scale(length);
            }
        }

        return new ClipEmbeddings(images, texts, length);
    }

    /// <summary>Embeddings of pictures, <c>[B, length]</c>.</summary>
    public void CopyImages(ReadOnlySpan<int> samples, Span<float> rows) => Copy(images, samples, rows);

    /// <summary>Embeddings of captions, <c>[B, length]</c>.</summary>
    public void CopyTexts(ReadOnlySpan<int> samples, Span<float> rows) => Copy(texts, samples, rows);

    void Copy(float[] all, ReadOnlySpan<int> samples, Span<float> rows)
    {
        for (int b = 0; b < samples.Length; b++)
            all.AsSpan(samples[b] * length, length).CopyTo(rows[(b * length)..]);
    }
}
