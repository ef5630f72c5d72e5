using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Families.Classic;

/// <summary>The source document's system: recurrent text encoder, convolutional autoencoder, decoder with a prior learnt from the text.</summary>
public sealed class ClassicFamily : ModelFamily
{
    /// <summary>The text encoder, as sequence to sequence.</summary>
    public const string Text = "text";

    /// <summary>The image encoder, as a variational autoencoder.</summary>
    public const string Image = "image";

    /// <summary>Both encoders, contrastive.</summary>
    public const string Joint = "joint";

    /// <summary>The decoder and the text prior, on the frozen joint encoders.</summary>
    public const string Decoder = "decoder";

    /// <summary>Text encoder, image encoder, prior and decoder end to end.</summary>
    public const string FineTune = "finetune";

    /// <inheritdoc/>
    public override string Name => DefaultName;

    /// <inheritdoc/>
    public override string Summary => "recurrent text encoder, convolutional autoencoder";

    /// <inheritdoc/>
    public override IReadOnlyList<Preset> Presets => ClassicPresets.All;

    /// <inheritdoc/>
    public override string DefaultPreset => "demo";

    /// <inheritdoc/>
    public override string OwnPicturesPreset => "pictures";

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages { get; } =
    [
        new(Text, "text encoder (sequence to sequence)", "textSteps", ["loss", "wordAccuracy"]),
        new(Image, "image encoder (variational autoencoder)", "imageSteps", ["loss", "reconstruction", "divergence"]),
        new(Joint, "both encoders (contrastive)", "jointSteps", ["loss"]),
        new(Decoder, "decoder and text prior (frozen encoders)", "decoderSteps", ["loss", "reconstruction", "divergence"]),
        new(FineTune, "text encoder to decoder, end to end", "fineTuneSteps", ["loss", "reconstruction", "divergence"]),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> SamplerOptions { get; } = [ClassicSampler.Temperature];

    /// <inheritdoc/>
    public override ModelDiagram Diagram(TrainingConfig config) => new(
        [
            new("caption", "caption", "", 0, 0, false), new("text", "text encoder", $"{Text}, {Joint}, {FineTune}", 1, 0, true),
            new("features", "features", "of the caption", 2, 0, false), new("prior", "prior", $"{Decoder}, {FineTune}", 3, 0, true),
            new("latent", "latent", "", 4, 0, false), new("decoder", "decoder", $"{Image}, {Decoder}, {FineTune}", 5, 0, true),
            new("drawn", "picture", $"{config.ImageSide} pixels wide", 6, 0, false),
            new("picture", "picture", "", 0, 1, false), new("image", "image encoder", $"{Image}, {Joint}, {FineTune}", 1, 1, true),
        ],
        [
            new("caption", "text"), new("text", "features"), new("features", "prior"), new("features", "decoder"), new("prior", "latent"),
            new("latent", "decoder"), new("decoder", "drawn"), new("picture", "image", true), new("text", "image", true),
            new("image", "latent", true),
        ]);

    /// <inheritdoc/>
    public override FamilyModel Create(Device device, TrainingConfig config, Vocabulary vocabulary, ulong? seed) =>
        new ClassicFamilyModel(this, device, (ClassicConfig)config, vocabulary, seed);
}
