using System.Globalization;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains a diffusion upsampler on crops of pictures. A run with fewer upsamplers has no steps of it.</summary>
sealed class UpsamplerStage : Stage
{
    // A picture drawn from a distribution has at most twice the squared error of its mean.
    const double Forgiven = 3;

    readonly UnclipConfig config;
    readonly int index;
    readonly UnclipSampler sampler;
    readonly Upsampler? upsampler;
    readonly NoiseLevels? noise;
    readonly int shrink;
    readonly int crop;
    readonly float[] crops;
    readonly float[] augmentation;
    Tensor? picture;
    Tensor? augmented;
    Tensor? levels;

    public UpsamplerStage(StageDescription description, UnclipModel model, UnclipConfig config, int index)
        : base(description, index >= config.Upsamplers ? 0 : index == 0 ? config.UpsamplerSteps : config.SecondUpsamplerSteps,
            index >= config.Upsamplers ? [] : model.StoresOf(model.Upsamplers[index]))
    {
        (this.config, this.index) = (config, index);
        sampler = new UnclipSampler(model);
        // Pixels of a picture to one of what this upsampler draws.
        shrink = 1 << Math.Max(0, config.Upsamplers - 1 - index);
        crop = Math.Min(config.UpsamplerCrop, config.ImageSide / shrink);
        crops = new float[config.Batch * crop * crop * shrink * shrink * 3];
        augmentation = new float[3 * config.Batch];
        if (index >= config.Upsamplers)
            return;
        upsampler = new Upsampler(model.Upsamplers[index]);
        noise = new NoiseLevels(upsampler.Schedule, DiffusionTarget.Velocity, config.MinSnr, dropped: 0f);
        Average = new ExponentialMovingAverage(Trained[0], config.EmaDecay);
    }

    public override ExponentialMovingAverage? Average { get; }

    public override void Upload(Context context, Batch batch)
    {
        RandomKey key = RandomKey.Named(context.Seed, context.Step, "upsampler.crops");
        int side = crop * shrink, row = 3 * side;
        // Squares of pixels that become one stay together.
        int square = Upsampler.Factor * shrink, places = (batch.Side - side) / square + 1;
        for (int b = 0; b < batch.Size; b++)
        {
            RandomBlock words = Philox.Block(key, (uint)b);
            int top = square * (int)(words.W0 % (uint)places), left = square * (int)(words.W1 % (uint)places);
            for (int y = 0; y < side; y++)
            {
                ReadOnlySpan<float> from = batch.Images.Slice(3 * ((b * batch.Side + top + y) * batch.Side + left), row);
                Span<float> to = crops.AsSpan((b * side + y) * row, row);
                for (int i = 0; i < row; i++)
                    to[i] = 2f * from[i] - 1f;
            }

            augmentation[b] = 1f;
            augmentation[batch.Size + b] = config.UpsamplerNoise * Philox.Uniform(words.W2);
            augmentation[2 * batch.Size + b] = Upsampler.LargestBlur * Philox.Uniform(words.W3);
        }

        picture = context.Upload(crops, batch.Size, side, side, 3);
        augmented = context.Upload(augmentation, 3, batch.Size);
        levels = noise!.Upload(context, "upsampler.levels", [], batch.Size);
    }

    public override Tensor Run(Context context) => Gather(
        context, upsampler!.Run(context, UnclipModel.Reduce(context, picture!, shrink), augmented!, levels!));

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => upsampler?.Abandon();

    // What all upsamplers draw is seen behind the last.
    public override IReadOnlyList<(string Label, Tensor Pictures)> Sheet(Context context, Batch batch, ulong seed) => shrink > 1 ? [] :
    [
        ("drawn", sampler.Draw(context, batch, seed, 0, UnclipSampler.Defaults)),
        ("resized", sampler.Draw(context, batch, seed, 0, UnclipSampler.WithoutUpsamplers)),
    ];

    public override StageHealth Examine(Context context, HeldOutSamples samples)
    {
        Tensor truth = UnclipModel.Reduce(context, samples.Batch.UploadImages(context), shrink),
            small = UnclipModel.Reduce(context, truth, Upsampler.Factor);
        float[] pixels = truth.ToArray(context.Stream);
        int[] numbers = [.. Enumerable.Range(0, samples.Batch.Size)];
        double resized = Decibels(Upsampler.Resize(context, small)),
            drawn = Decibels(sampler.Upsample(context, small, index, context.Seed, numbers, UnclipSampler.Defaults));
        string sentence = string.Create(
            CultureInfo.InvariantCulture, $"{numbers.Length} held-out pictures of half the side become those of the whole with a PSNR of "
            + $"{drawn:F1} dB (resized bilinearly {resized:F1} dB)");
        return new StageHealth(
            sentence, new Dictionary<string, double> { ["psnr"] = drawn, ["bilinear"] = resized },
            drawn > resized - Forgiven ? null
            : "The upsampler is worse than resizing. Give it more upsamplerSteps or a smaller learningRate.");

        double Decibels(Tensor pictures)
        {
            double sum = 0;
            float[] values = pictures.ToArray(context.Stream);
            for (int i = 0; i < values.Length; i++)
                sum += Math.Pow(Math.Clamp(values[i], 0f, 1f) - pixels[i], 2);
            return -10 * Math.Log10(Math.Max(1e-12, sum / values.Length));
        }
    }
}
