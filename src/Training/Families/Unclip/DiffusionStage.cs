using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains the diffusion decoder on pictures and what the frozen CLIP makes of them.</summary>
sealed class DiffusionStage : Stage
{
    readonly UnclipModel model;
    readonly UnclipConfig config;
    readonly DiffusionDecoder decoder;
    readonly UnclipSampler sampler;
    readonly NoiseLevels noise;
    readonly float[] conditions;
    readonly float[] pictures;
    ClipEmbeddings? embeddings;
    Tensor? picture;
    Tensor? condition;
    Tensor? levels;

    public DiffusionStage(StageDescription description, UnclipModel model, UnclipConfig config)
        : base(description, config.DecoderSteps, model.StoresOf(model.Decoder))
    {
        (this.model, this.config) = (model, config);
        decoder = new DiffusionDecoder(model);
        sampler = new UnclipSampler(model);
        noise = new NoiseLevels(decoder.Schedule, DiffusionTarget.Velocity, config.MinSnr, config.DropCondition);
        Average = new ExponentialMovingAverage(Trained[0], config.EmaDecay);
        conditions = new float[config.Batch * config.Embedding];
        pictures = new float[config.Batch * config.ImageSide * config.ImageSide * 3];
    }

    public override ExponentialMovingAverage Average { get; }

    public override string SheetLabel => "drawn";

    public override void Prepare(Device device, PreparedData data, int[][] captions) =>
        embeddings = ClipEmbeddings.Of(device, model, data, captions);

    public override void Upload(Context context, Batch batch)
    {
        embeddings!.CopyImages(batch.Indices, conditions);
        levels = noise.Upload(context, "decoder.levels", conditions, batch.Size);
        condition = context.Upload(conditions, batch.Size, config.Embedding);
        for (int i = 0; i < pictures.Length; i++)
            pictures[i] = 2f * batch.Images[i] - 1f;
        picture = context.Upload(pictures, batch.Size, batch.Side, batch.Side, 3);
    }

    public override Tensor Run(Context context) => Gather(
        context, decoder.Run(context, model.Reduce(context, picture!), condition!, levels!));

    protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => decoder.Abandon();

    public override Tensor Sheet(Context context, Batch batch, ulong seed) =>
        sampler.Draw(context, batch, seed, 0, UnclipSampler.WithoutUpsamplers);
}
