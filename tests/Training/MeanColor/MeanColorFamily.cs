using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training.MeanColor;

/// <summary>The smallest family there can be, as an example: the mean color of a picture as a linear function of the words of its caption.</summary>
public sealed class MeanColorFamily : ModelFamily
{
    /// <summary>The one stage.</summary>
    public const string Fit = "fit";

    /// <inheritdoc/>
    public override string Name => "mean-color";

    /// <inheritdoc/>
    public override string Summary => "a caption's words to the mean color of its picture, linear";

    /// <inheritdoc/>
    public override IReadOnlyList<Preset> Presets { get; } =
        [new("tiny", "seconds", new MeanColorConfig { Samples = 64, ImageSide = 16, Batch = 8, CheckpointEvery = 10, LogEvery = 5,
        WarmupSteps = 0 })];

    /// <inheritdoc/>
    public override string DefaultPreset => "tiny";

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages { get; } = [new(Fit, "words to mean color", "fitSteps", ["loss"])];

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> SamplerOptions { get; } =
        [new NumberOption("brightness", "A factor on the drawn color.", 1f, 0f, 2f),
        new ChoiceOption("pattern", "How the color fills the picture.", ["plain", "striped"])];

    /// <inheritdoc/>
    public override FamilyModel Create(Device device, TrainingConfig config, Vocabulary vocabulary, ulong? seed) =>
        new MeanColorModel(device, (MeanColorConfig)config, vocabulary, seed, Stages[0]);
}

/// <summary>Its settings: one of its own.</summary>
public sealed record MeanColorConfig : TrainingConfig
{
    /// <summary>Steps of its stage.</summary>
    [System.Text.Json.Serialization.JsonPropertyOrder(StagesOrder)]
    public int FitSteps { get; init; } = 40;

    /// <inheritdoc/>
    protected override void ValidateModel() => RequireBetween("fitSteps", FitSteps, 0, int.MaxValue);
}

/// <summary>The model: counts of words to three numbers.</summary>
sealed class MeanColorModel : FamilyModel
{
    public MeanColorModel(Device device, MeanColorConfig config, Vocabulary vocabulary, ulong? seed, StageDescription stage)
    {
        var linear = new Linear(vocabulary.Count, 3);
        Stores = [new ParameterStore(device, "linear", linear, seed)];
        Stages = [new FitStage(stage, config, linear, vocabulary.Count, Stores)];
        Sampler = new PlainSampler(config, linear, vocabulary.Count);
    }

    public override IReadOnlyList<ParameterStore> Stores { get; }

    public override IReadOnlyList<Stage> Stages { get; }

    public override ISampler Sampler { get; }

    internal static Tensor CountWords(Context context, Batch batch, int vocabulary)
    {
        var counts = new float[batch.Size * vocabulary];
        for (int b = 0; b < batch.Size; b++)
        {
            for (int t = 0; t < batch.Lengths[b]; t++)
                counts[b * vocabulary + batch.Tokens[t * batch.Size + b]]++;
        }

        return context.Upload(counts, batch.Size, vocabulary);
    }

    sealed class FitStage(StageDescription description, MeanColorConfig config, Linear linear, int vocabulary,
        IReadOnlyList<ParameterStore> trained)
        : Stage(description, config.FitSteps, trained)
    {
        readonly SquaredError loss = new();
        Tensor? counts;
        Tensor? means;

        public override void Upload(Context context, Batch batch)
        {
            int pixels = batch.Side * batch.Side;
            var mean = new float[batch.Size * 3];
            for (int i = 0; i < batch.Images.Length; i++)
                mean[i / (3 * pixels) * 3 + i % 3] += batch.Images[i] / pixels;
            (counts, means) = (CountWords(context, batch, vocabulary), context.Upload(mean, batch.Size, 3));
        }

        public override Tensor Run(Context context)
        {
            Tensor value = loss.Forward(context, linear.Forward(context, counts!), means!);
            if (context.Training)
                linear.Backward(context, loss.Backward(context));
            return Gather(context, value);
        }

        protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
            Figures(new KeyValuePair<string, double>("loss", values[0]));

        public override IReadOnlyList<(string Label, Tensor Pictures)> Sheet(Context context, Batch batch, ulong seed) =>
            [("mean", PlainSampler.Fill(context, linear, batch, vocabulary, 1f, 1))];

        public override void Abandon()
        {
            linear.Abandon();
            loss.Abandon();
        }
    }

    sealed class PlainSampler(MeanColorConfig config, Linear linear, int vocabulary) : ISampler
    {
        public IReadOnlyList<string> Stages => [MeanColorFamily.Fit];

        public Tensor Draw(
            Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings, DrawingProgress? progress = null) =>
            Fill(context, linear, captions, vocabulary, settings.Number("brightness"),
            settings.Choice("pattern") == "striped" ? 2 : config.ImageSide);

        public static Tensor Fill(Context context, Linear linear, Batch batch, int vocabulary, float brightness, int stripe)
        {
            float[] colors = linear.Forward(context, CountWords(context, batch, vocabulary)).ToArray(context.Stream);
            var pixels = new float[batch.Size * batch.Side * batch.Side * 3];
            for (int i = 0; i < pixels.Length; i++)
            {
                int x = i / 3 % batch.Side, picture = i / (3 * batch.Side * batch.Side);
                pixels[i] = stripe <= 1 || x % stripe != stripe - 1 || stripe == batch.Side ? brightness * colors[picture * 3 + i % 3] : 0;
            }

            return context.Upload(pixels, batch.Size, batch.Side, batch.Side, 3);
        }
    }
}
