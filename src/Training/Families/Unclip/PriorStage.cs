using System.Globalization;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains the prior on what the frozen CLIP makes of pictures and captions.</summary>
sealed class PriorStage : Stage
{
    readonly UnclipModel model;
    readonly UnclipConfig config;
    readonly PriorMethod prior;
    readonly float[] images;
    readonly float[] texts;
    ClipEmbeddings? embeddings;

    public PriorStage(StageDescription description, UnclipModel model, UnclipConfig config)
        : base(description, config.PriorSteps, model.StoresOf(model.Prior))
    {
        (this.model, this.config) = (model, config);
        prior = PriorMethod.Of(model, config.DropCondition);
        Average = new ExponentialMovingAverage(Trained[0], config.EmaDecay);
        (images, texts) = (new float[config.PriorBatch * config.Embedding], new float[config.PriorBatch * config.Embedding]);
    }

    public override int? BatchSize => config.PriorBatch;

    public override ExponentialMovingAverage Average { get; }

    public override void Prepare(Device device, PreparedData data, int[][] captions)
    {
        embeddings = ClipEmbeddings.Of(device, model, data, captions);
        if (prior.Prepare(embeddings))
            Average.Restart(device.Stream);
    }

    public override void Upload(Context context, Batch batch)
    {
        embeddings!.CopyImages(batch.Indices, images);
        embeddings.CopyTexts(batch.Indices, texts);
        prior.Upload(context, batch, images, texts);
    }

    public override Tensor Run(Context context) => Gather(context, prior.Run(context));

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => prior.Abandon();

    public override StageHealth Examine(Context context, HeldOutSamples samples)
    {
        var sampler = new UnclipSampler(model);
        float[][] images = sampler.EmbedImages(context, samples.Batch),
            texts = sampler.EmbedPrompts(context, samples.Batch, context.Seed, 0, UnclipSampler.TextOnly),
            drawn = sampler.EmbedPrompts(context, samples.Batch, context.Seed, 0, UnclipSampler.Defaults);
        var likeness = new EmbeddingLikeness(drawn, images);
        double text = new EmbeddingLikeness(texts, images).Own;
        string sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"the cosine of drawn and true embedding is {likeness.Own:F3} on {images.Length} held-out captions "
            + $"(the caption's own embedding {text:F3}, another picture's {likeness.Other:F3})");
        return new StageHealth(
            sentence,
            new Dictionary<string, double> { ["drawn"] = likeness.Own, ["text"] = text, ["other"] = likeness.Other },
            likeness.IsTold ? null
            : "The prior's embeddings are no nearer to the true ones than to those of other pictures. Give it more priorSteps or a smaller "
            + "learningRate, or see whether CLIP itself is healthy.");
    }
}
