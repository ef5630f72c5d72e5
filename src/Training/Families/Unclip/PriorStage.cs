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
}
