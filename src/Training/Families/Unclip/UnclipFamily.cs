using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Families.Unclip;

/// <summary>unCLIP, the model of DALL-E 2 (Ramesh et al., 2022, arXiv 2204.06125): CLIP, a prior from caption to image embedding, a diffusion decoder from embedding to picture, diffusion upsamplers.</summary>
public sealed class UnclipFamily : ModelFamily
{
    /// <summary>The family's name.</summary>
    public const string FamilyName = "unclip";

    /// <summary>Image embeddings that the prior draws for a picture; the one that is nearest to the caption's embedding is kept.</summary>
    public const int PriorCandidates = 2;

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
    public override string OwnPicturesPreset => "pictures";

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
    public override bool DrawsFromEmbeddings => true;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> SamplerOptions => UnclipSampler.Options;

    /// <inheritdoc/>
    public override ModelDiagram Diagram(TrainingConfig config)
    {
        var unclip = (UnclipConfig)config;
        string text = unclip.TextLayers > 0 ? "transformer" : unclip.Cell == RecurrentCell.Gru ? "GRU" : "LSTM";
        string prior = unclip.Prior == PriorKind.Autoregressive ? "code by code" : "diffusion";
        List<DiagramPart> parts =
        [
            new("caption", "caption", "", 0, 0, false), new("text", "text encoder", $"{Clip}: {text}", 1, 0, true),
            new("textEmbedding", "embedding", "of the caption", 2, 0, false), new("prior", "prior", $"{Prior}: {prior}", 3, 0, true),
            new("imageEmbedding", "embedding", "of an image", 4, 0, false), new("decoder", "U-Net", $"{Decoder}: diffusion", 5, 0, true),
            new("drawn0", "picture", $"{unclip.ImageSide >> unclip.Upsamplers} pixels wide", 6, 0, false),
            new("picture", "picture", "", 0, 1, false), new("image", "image encoder", $"{Clip}: residual", 1, 1, true),
        ];
        List<DiagramArrow> arrows =
        [
            new("caption", "text"), new("text", "textEmbedding"), new("textEmbedding", "prior"), new("prior", "imageEmbedding"),
            new("imageEmbedding", "decoder"), new("decoder", "drawn0"), new("picture", "image", true), new("text", "image", true),
            new("image", "imageEmbedding", true),
        ];
        for (int i = 0; i < unclip.Upsamplers; i++)
        {
            // To and fro: each below what it begins with.
            int from = i % 2 == 0 ? 6 : 5, to = i % 2 == 0 ? 5 : 6;
            parts.Add(new($"upsampler{i}", "U-Net", UpsamplerStages[i], from, i + 1, true));
            parts.Add(new($"drawn{i + 1}", "picture", $"{unclip.ImageSide >> (unclip.Upsamplers - 1 - i)} pixels wide", to, i + 1, false));
            arrows.Add(new($"drawn{i}", $"upsampler{i}"));
            arrows.Add(new($"upsampler{i}", $"drawn{i + 1}"));
        }

        return new(parts, arrows);
    }

    /// <inheritdoc/>
    public override FamilyModel Create(Device device, TrainingConfig config, Vocabulary vocabulary, ulong? seed) =>
        new UnclipFamilyModel(this, device, (UnclipConfig)config, vocabulary, seed);
}
