using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;

namespace Dalle2.Perf;

/// <summary>
/// A training step of one of the unCLIP model's stages; <c>peers/torch_unclip.py</c> has the same in PyTorch. What it is given stays the same, the noise is drawn anew in each step; Adam without
/// clipping, and without a moving average.
/// </summary>
sealed class UnclipStep : IStep
{
    /// <summary>The names of the stages.</summary>
    public const string Clip = "clip", Prior = "prior", Decoder = "decoder";

    const double LearningRate = 1e-3;

    readonly UnclipModel model;
    readonly AdamOptimizer adam;
    readonly Context inputs;
    readonly Context context;
    readonly RecordedStep recorded;
    readonly Random random = new(1);

    /// <summary>The model with a batch of random pictures, captions and embeddings.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="stage">One of the names.</param>
    /// <param name="sizes">The model's sizes.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="words">Words of each caption.</param>
    public UnclipStep(Device device, string stage, UnclipArchitecture sizes, int batch, int words)
    {
        model = new UnclipModel(device, sizes, seed: 1);
        context = new Context(device, seed: 1);
        inputs = new Context(device);
        Func<Tensor> run = stage switch
        {
            Clip => OfClip(batch, words),
            Prior => OfPrior(batch),
            Decoder => OfDecoder(batch),
            _ => throw new SideFailedException($"the unCLIP model has no stage '{stage}'"),
        };
        Layer[] trained = stage switch
        {
            Clip => [model.TextEncoder, model.ImageEncoder, model.Contrast],
            Prior => [model.Prior],
            _ => [model.Decoder],
        };
        adam = new AdamOptimizer(device, new AdamOptions(ClipNorm: 0), [.. model.StoresOf(trained)]);
        recorded = new RecordedStep(context, () =>
        {
            Tensor loss = run();
            adam.Update(context);
            return loss;
        });
    }

    /// <inheritdoc/>
    public float Step()
    {
        context.BeginStep((ulong)adam.StepCount, training: true);
        using (context.GatherUploads())
            adam.Prepare(context, LearningRate);
        return recorded.Run().ToArray(context.Stream)[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        recorded.Dispose();
        context.Dispose();
        inputs.Dispose();
        adam.Dispose();
        model.Dispose();
    }

    Func<Tensor> OfClip(int batch, int words)
    {
        int[] numbers = [.. Enumerable.Range(0, batch * words).Select(_ => random.Next(1, model.Sizes.Vocabulary))];
        int[] extents = model.TextEncoder.IsByCaption ? [batch, words] : [words, batch];
        var tokens = TokenBatch.Of(inputs, numbers, true, extents);
        IntTensor lengths = inputs.Upload([.. Enumerable.Repeat(words, batch)], batch);
        Tensor pictures = Draw(batch, model.Sizes.DecoderSide, model.Sizes.DecoderSide, 3);
        return () => model.Clip.Run(context, tokens, lengths, pictures);
    }

    Func<Tensor> OfPrior(int batch)
    {
        var prior = new DiffusionPrior(model);
        Tensor images = Draw(batch, model.Sizes.Embedding), captions = Draw(batch, model.Sizes.Embedding), levels = Levels(batch);
        return () => prior.Run(context, images, new PriorCondition(captions, null), levels);
    }

    Func<Tensor> OfDecoder(int batch)
    {
        var decoder = new DiffusionDecoder(model);
        Tensor pictures = Draw(batch, model.Sizes.DecoderSide, model.Sizes.DecoderSide, 3), embeddings = Draw(batch, model.Sizes.Embedding),
            levels = Levels(batch);
        return () => decoder.Run(context, pictures, embeddings, levels);
    }

    // Times at equal distances, and the share of data and noise at each.
    Tensor Levels(int batch)
    {
        float[] times = [.. Enumerable.Range(0, batch).Select(b => (b + .5f) / batch)];
        return inputs.Upload(
            [.. times, .. times.Select(t => MathF.Cos(t * MathF.PI / 2)), .. times.Select(t => MathF.Sin(t * MathF.PI / 2)),
                .. Enumerable.Repeat(1f, batch)], 4, batch);
    }

    Tensor Draw(params int[] extents) =>
        inputs.Upload([.. Enumerable.Range(0, new Shape(extents).Length).Select(_ => 2f * random.NextSingle() - 1f)], extents);
}
