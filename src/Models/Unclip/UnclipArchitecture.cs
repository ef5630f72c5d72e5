using Dalle2.Models.Parts;

namespace Dalle2.Models.Unclip;

/// <summary>The sizes of the unCLIP model.</summary>
public sealed record UnclipArchitecture
{
    const int Patch = 2;

    /// <summary>Words of the vocabulary, special ones included.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The side of the square pictures that are drawn, in pixels.</summary>
    public required int ImageSide { get; init; }

    /// <summary>How often the decoder's pictures are doubled.</summary>
    public int Upsamplers { get; init; }

    /// <summary>The side of the pictures that CLIP sees and the decoder draws.</summary>
    public int DecoderSide => ImageSide >> Upsamplers;

    /// <summary>Features of a word vector, of a recurrent text encoder; a transformer has as many as of a caption.</summary>
    public required int WordFeatures { get; init; }

    /// <summary>Features of an encoded caption.</summary>
    public required int TextFeatures { get; init; }

    /// <summary>Blocks of a text encoder that is a causal transformer; 0 for one that is recurrent.</summary>
    public int TextLayers { get; init; }

    /// <summary>Heads of the transformer's attention.</summary>
    public int TextHeads { get; init; } = 1;

    /// <summary>Words of the longest caption.</summary>
    public required int MostWords { get; init; }

    /// <summary>The cell of a recurrent text encoder.</summary>
    public required RecurrentCell Cell { get; init; }

    /// <summary>Channels of each level of CLIP's image encoder; each halves the picture.</summary>
    public required IReadOnlyList<int> EncoderChannels { get; init; }

    /// <summary>Features of CLIP's embeddings.</summary>
    public required int Embedding { get; init; }

    /// <summary>The form of the prior.</summary>
    public PriorKind Prior { get; init; }

    /// <summary>Features inside the prior.</summary>
    public required int PriorWidth { get; init; }

    /// <summary>Blocks of the prior.</summary>
    public required int PriorBlocks { get; init; }

    /// <summary>Heads of the attention of a prior that is a transformer.</summary>
    public int PriorHeads { get; init; } = 1;

    /// <summary>Principal components of an embedding that the autoregressive prior draws at most.</summary>
    public int PriorComponents { get; init; } = 1;

    /// <summary>Buckets that the autoregressive prior cuts each into.</summary>
    public int PriorBuckets { get; init; } = 2;

    /// <summary>Channels of each level of the decoder, over patches of 2 x 2 pixels; all but the first halve the map.</summary>
    public required IReadOnlyList<int> DecoderChannels { get; init; }

    /// <summary>Residual blocks of each level of the decoder, on either way.</summary>
    public required int DecoderBlocks { get; init; }

    /// <summary>Features of the decoder's condition: time and embedding.</summary>
    public required int DecoderConditions { get; init; }

    /// <summary>Heads of the decoder's attention, at its lowest level.</summary>
    public required int DecoderHeads { get; init; }

    /// <summary>Channels of each level of an upsampler, over patches of 2 x 2 pixels; all but the first halve the map.</summary>
    public IReadOnlyList<int> UpsamplerChannels { get; init; } = [32];

    /// <summary>Residual blocks of each level of an upsampler, on either way.</summary>
    public int UpsamplerBlocks { get; init; } = 1;

    /// <summary>Features of an upsampler's condition, the time.</summary>
    public int UpsamplerConditions { get; init; } = 64;

    /// <summary>The side of the square crops that upsamplers are trained on, where the pictures are larger, in pixels.</summary>
    public int UpsamplerCrop { get; init; } = 32;

    /// <summary>Whether decoder and upsamplers compute maps again in place of keeping them.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Checks that the sizes fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which.</exception>
    public void Validate()
    {
        Levels(EncoderChannels, "encoderChannels");
        Levels(DecoderChannels, "decoderChannels");
        Levels(UpsamplerChannels, "upsamplerChannels");
        Require(Upsamplers is >= 0 and < 10, $"upsamplers is {Upsamplers}, it must be from 0 to 9");
        Require(ImageSide % (1 << Upsamplers) == 0 && DecoderSide > 0,
            $"imageSide is {ImageSide}, which {Upsamplers} upsamplers do not halve without rest");
        Divides(DecoderSide, 1 << EncoderChannels.Count, "encoderChannels");
        Divides(DecoderSide, Patch << (DecoderChannels.Count - 1), "decoderChannels");
        int upsampled = Patch << (UpsamplerChannels.Count - 1);
        Require(Upsamplers == 0 || (UpsamplerCrop > 0 && UpsamplerCrop % upsampled == 0 && 2 * DecoderSide % upsampled == 0),
            $"upsamplerCrop is {UpsamplerCrop} and the first upsampler draws pictures of {2 * DecoderSide}; the levels of upsamplerChannels "
            + $"need multiples of {upsampled}");
        Require(DecoderChannels[^1] % DecoderHeads == 0,
            $"decoderHeads is {DecoderHeads}, which does not divide the {DecoderChannels[^1]} channels of the decoder's lowest level");
        Require(TextLayers == 0 || TextFeatures % TextHeads == 0,
            $"textHeads is {TextHeads}, which does not divide the {TextFeatures} textFeatures");
        Require(Prior == PriorKind.Perceptron || (PriorWidth % PriorHeads == 0 && PriorWidth / PriorHeads <= AttentionOp.MaxSize),
            $"priorHeads is {PriorHeads}, which does not cut the priorWidth of {PriorWidth} into equal parts of {AttentionOp.MaxSize} at most");
        Require(PriorComponents <= Embedding, $"priorComponents is {PriorComponents}, and an embedding has {Embedding} numbers");
        Require(PriorWidth % 2 == 0 && DecoderConditions % 2 == 0, "priorWidth and decoderConditions must be even");
        Require(UpsamplerConditions % 2 == 0, "upsamplerConditions must be even");
    }

    static void Levels(IReadOnlyList<int> channels, string name) => Require(channels.Count is > 0 and < 10 && channels.All(own => own > 0),
        $"{name} names no level, or more than 9, or one without channels");

    void Divides(int side, int factor, string name) => Require(side % factor == 0,
        $"imageSide is {ImageSide}{(Upsamplers > 0 ? $" and the decoder's side {side}" : "")}, which the levels of {name} do not halve without "
        + $"rest; it must be a multiple of {factor}");

    static void Require(bool holds, string what)
    {
        if (!holds)
            throw new ArgumentException(what);
    }
}
