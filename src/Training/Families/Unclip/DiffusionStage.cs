using System.Globalization;
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
    // Parts of the noise levels that a loss is told for.
    const int Levels = 4;

    // What is left of the loss of predicting nothing, where something is learned.
    const double Learned = .9;

    readonly UnclipModel model;
    readonly UnclipConfig config;
    readonly DiffusionDecoder decoder;
    readonly UnclipSampler sampler;
    readonly NoiseLevels noise;
    readonly float[] conditions;
    readonly float[] pictures;
    readonly int[] isDropped;
    readonly bool varies;
    ClipEmbeddings? embeddings;
    Tensor? picture;
    Tensor? condition;
    Tensor? varied;
    IntTensor? dropped;
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
        isDropped = new int[config.Batch];
        varies = !config.Augmentation.IsOff;
        pictures = new float[config.Batch * config.ImageSide * config.ImageSide * 3];
    }

    public override ExponentialMovingAverage Average { get; }

    public override void Prepare(Device device, PreparedData data, int[][] captions) =>
        embeddings = varies ? null : ClipEmbeddings.Of(device, model, data, captions);

    public override void Upload(Context context, Batch batch)
    {
        if (!varies)
        {
            embeddings!.CopyImages(batch.Indices, conditions);
            levels = noise.Upload(context, "decoder.levels", conditions, batch.Size);
            condition = context.Upload(conditions, batch.Size, config.Embedding);
        }
        else
        {
            // A picture that is varied has an embedding of its own.
            Span<float> kept = conditions.AsSpan(0, batch.Size);
            kept.Fill(1f);
            levels = noise.Upload(context, "decoder.levels", kept, batch.Size);
            for (int b = 0; b < batch.Size; b++)
                isDropped[b] = kept[b] == 0f ? 1 : 0;
            dropped = context.Upload(isDropped, batch.Size);
            varied = batch.UploadImages(context);
        }

        for (int i = 0; i < pictures.Length; i++)
            pictures[i] = 2f * batch.Images[i] - 1f;
        picture = context.Upload(pictures, batch.Size, batch.Side, batch.Side, 3);
    }

    public override Tensor Run(Context context)
    {
        Tensor known = varied == null ? condition! : model.EmbedImages(context, varied, dropped!);
        return Gather(context, decoder.Run(context, model.Reduce(context, picture!), known, levels!));
    }

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => decoder.Abandon();

    public override IReadOnlyList<(string Label, Tensor Pictures)> Sheet(Context context, Batch batch, ulong seed) =>
    [
        ("drawn", sampler.Draw(context, batch, seed, 0, UnclipSampler.WithoutUpsamplers)),
        ("from its own", sampler.Draw(context, sampler.EmbedImages(context, batch), seed, [.. Enumerable.Range(0, batch.Size)],
            UnclipSampler.WithoutUpsamplers)),
    ];

    public override StageHealth Examine(Context context, HeldOutSamples samples)
    {
        Batch batch = samples.Batch;
        float[][] truth = sampler.EmbedImages(context, batch);
        (double[] losses, double[] nothing) = LossesByLevel(context, batch, truth);
        int[] numbers = [.. Enumerable.Range(0, batch.Size)];
        Tensor fromTruth = sampler.Draw(context, truth, context.Seed, numbers, UnclipSampler.WithoutUpsamplers),
            fromText = sampler.Draw(context, batch, context.Seed, 0, UnclipSampler.WithoutUpsamplers);
        EmbeddingLikeness own = new(sampler.EmbedImages(context, fromTruth), truth),
            drawn = new(sampler.EmbedImages(context, fromText), truth);
        string byLevel = string.Join(
            ", ", losses.Select((loss, i) => string.Create(CultureInfo.InvariantCulture, $"{loss:F3} ({nothing[i]:F3})")));
        string sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"held-out loss by a quarter of the noise levels, from little noise to all, beside that of predicting "
            + $"nothing: {byLevel}; to CLIP, a picture drawn from the true embedding has a cosine of {own.Own:F3} to it, one drawn from "
            + $"the prior's {drawn.Own:F3} (another picture {own.Other:F3})");
        var figures = new Dictionary<string, double> { ["fromTruth"] = own.Own, ["drawn"] = drawn.Own, ["other"] = own.Other };
        for (int i = 0; i < losses.Length; i++)
            (figures[$"loss{i + 1}"], figures[$"nothing{i + 1}"]) = (losses[i], nothing[i]);
        return new StageHealth(
            sentence, figures, losses.Sum() < Learned * nothing.Sum() && own.IsTold ? null
            : "The decoder's pictures have nothing of what their embeddings say. Give it more decoderSteps or a smaller learningRate.");
    }

    // Means over parts of [0, 1] that the times of a batch are spread over, of the error, and of the targets' own squares.
    (double[] Losses, double[] Nothing) LossesByLevel(Context context, Batch batch, float[][] embeddings)
    {
        int count = batch.Size, length = config.Embedding;
        var rows = new float[count * length];
        for (int b = 0; b < count; b++)
            embeddings[b].CopyTo(rows, b * length);
        Tensor levels = noise.Upload(context, "examined.levels", new float[count * length], count);
        Tensor pictures = PixelRange.ToSigned(context, model.Reduce(context, batch.UploadImages(context)));
        decoder.Run(context, pictures, context.Upload(rows, count, length), levels);
        float[] errors = decoder.SampleLosses.ToArray(context.Stream), values = levels.ToArray(context.Stream),
            pixels = pictures.ToArray(context.Stream);
        double[] losses = new double[Levels], nothing = new double[Levels];
        int size = pixels.Length / count;
        for (int b = 0; b < count; b++)
        {
            int level = Levels * b / count;
            int samplesOfIt = ((level + 1) * count + Levels - 1) / Levels - (level * count + Levels - 1) / Levels;
            double alpha = values[count + b], sigma = values[2 * count + b], square = 0;
            for (int i = 0; i < size; i++)
                square += (double)pixels[b * size + i] * pixels[b * size + i] / size;
            losses[level] += errors[b] / samplesOfIt;
            nothing[level] += (alpha * alpha + sigma * sigma * square) / samplesOfIt;
        }

        return (losses, nothing);
    }
}
