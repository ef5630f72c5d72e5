using Dalle2.Models;

namespace Dalle2.Training.Stages;

/// <summary>The stages of the classic model, in order.</summary>
public static class StageNames
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

    /// <summary>All names, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [Text, Image, Joint, Decoder, FineTune];

    /// <summary>The stages of a model, in order.</summary>
    public static IReadOnlyList<Stage> Create(ClassicModel model, TrainingConfig config) =>
    [
        new TextStage(model, config),
        new ImageStage(model, config),
        new JointStage(model, config),
        new DecoderStage(model, config, endToEnd: false),
        new DecoderStage(model, config, endToEnd: true),
    ];
}
