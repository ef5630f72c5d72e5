using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Families.Unclip;

/// <summary>unCLIP, the model of DALL-E 2 (Ramesh et al., 2022, arXiv 2204.06125): CLIP, a prior from caption to image embedding, a diffusion decoder from embedding to picture, diffusion upsamplers.</summary>
public sealed class UnclipFamily : ModelFamily
{
    /// <summary>The family's name.</summary>
    public const string FamilyName = "unclip";

    /// <summary>Encoders of captions and pictures, contrastive.</summary>
    public const string Clip = "clip";

    /// <summary>The prior, on the frozen CLIP.</summary>
    public const string Prior = "prior";

    /// <summary>The diffusion decoder, on the frozen CLIP.</summary>
    public const string Decoder = "decoder";

    /// <summary>The diffusion upsamplers, of a doubling each.</summary>
    public static IReadOnlyList<string> UpsamplerStages { get; } = ["upsampler", "second-upsampler"];

    /// <inheritdoc/>
    public override string Name => FamilyName;

    /// <inheritdoc/>
    public override string Summary => "CLIP, diffusion prior, diffusion decoder, diffusion upsamplers";

    /// <inheritdoc/>
    public override IReadOnlyList<Preset> Presets => UnclipPresets.All;

    /// <inheritdoc/>
    public override string DefaultPreset => "unclip";

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages { get; } =
    [
        new(Clip, "CLIP: captions and pictures in one space (contrastive)", "clipSteps", ["loss"]),
        new(Prior, "prior: image embeddings from captions", "priorSteps", ["loss"]),
        new(Decoder, "decoder: pictures from image embeddings (diffusion)", "decoderSteps", ["loss"]),
        new(UpsamplerStages[0], "upsampler: pictures of twice the side (diffusion)", "upsamplerSteps", ["loss"]),
        new(UpsamplerStages[1], "second upsampler: of four times the side (diffusion)", "secondUpsamplerSteps", ["loss"]),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> SamplerOptions => UnclipSampler.Options;

    /// <inheritdoc/>
    public override FamilyModel Create(Device device, TrainingConfig config, Vocabulary vocabulary) =>
        new UnclipFamilyModel(this, device, (UnclipConfig)config, vocabulary);
}
