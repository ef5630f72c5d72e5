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
    public override FamilyModel Create(Device device, TrainingConfig config, Vocabulary vocabulary) =>
        new ClassicFamilyModel(this, device, (ClassicConfig)config, vocabulary);
}
