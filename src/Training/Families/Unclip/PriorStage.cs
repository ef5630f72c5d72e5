using System.Globalization;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains the diffusion prior on what the frozen CLIP makes of pictures and captions.</summary>
sealed class PriorStage : Stage
{
    readonly UnclipModel model;
    readonly UnclipConfig config;
    readonly DiffusionPrior prior;
    readonly NoiseLevels noise;
    readonly float[] images;
    readonly float[] texts;
    ClipEmbeddings? embeddings;
    Tensor? image;
    Tensor? text;
    Tensor? levels;

    public PriorStage(StageDescription description, UnclipModel model, UnclipConfig config)
        : base(description, config.PriorSteps, model.StoresOf(model.Prior))
    {
        (this.model, this.config) = (model, config);
        prior = new DiffusionPrior(model);
        noise = new NoiseLevels(prior.Schedule, DiffusionTarget.Clean, null, config.DropCondition);
        Average = new ExponentialMovingAverage(Trained[0], config.EmaDecay);
        (images, texts) = (new float[config.PriorBatch * config.Embedding], new float[config.PriorBatch * config.Embedding]);
    }

    public override int? BatchSize => config.PriorBatch;

    public override ExponentialMovingAverage Average { get; }

    public override void Prepare(Device device, PreparedData data, int[][] captions) =>
        embeddings = ClipEmbeddings.Of(device, model, data, captions);

    public override void Upload(Context context, Batch batch)
    {
        embeddings!.CopyImages(batch.Indices, images);
        embeddings.CopyTexts(batch.Indices, texts);
        levels = noise.Upload(context, "prior.levels", texts, batch.Size);
        image = context.Upload(images, batch.Size, config.Embedding);
        text = context.Upload(texts, batch.Size, config.Embedding);
    }

    public override Tensor Run(Context context) => Gather(context, prior.Run(context, image!, text!, levels!));

    protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
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
