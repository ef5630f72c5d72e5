using System.Text.Json.Serialization;
using Dalle2.Data;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Families.Unclip;

/// <summary>The settings of the unCLIP model.</summary>
public sealed record UnclipConfig : TrainingConfig
{
    const int MostFeatures = 65536;

    /// <summary>Blocks of CLIP's text encoder, a causal transformer; 0 takes a recurrent one.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int TextLayers { get; init; }

    /// <summary>Heads of the transformer's attention.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int TextHeads { get; init; } = 4;

    /// <summary>The cell of a recurrent text encoder.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public RecurrentCell Cell { get; init; } = RecurrentCell.Lstm;

    /// <summary>Features of a word vector, of a recurrent text encoder.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int WordFeatures { get; init; } = 64;

    /// <summary>Features of an encoded caption.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int TextFeatures { get; init; } = 128;

    /// <summary>Channels of each level of CLIP's image encoder; each halves the picture.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public IReadOnlyList<int> EncoderChannels { get; init; } = [32, 64, 128];

    /// <summary>Features of CLIP's embeddings.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int Embedding { get; init; } = 64;

    /// <summary>The form of the prior: a diffusion by a perceptron or by a transformer, or autoregressive. Left out of <c>config.json</c> where it is the perceptron.</summary>
    [JsonPropertyOrder(ModelOrder)]
    [JsonConverter(typeof(JsonStringEnumConverter<PriorKind>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public PriorKind Prior { get; init; }

    /// <summary>Features inside the prior; 0 for 512 of a perceptron, 64 of the others, whose step does as much for each place of a sequence.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int PriorWidth { get; init; }

    /// <summary>Blocks of the prior; 0 for 4 of a perceptron, 2 of the others.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int PriorBlocks { get; init; }

    /// <summary>Heads of the attention of a prior that is a transformer or autoregressive.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int PriorHeads { get; init; } = 4;

    /// <summary>Principal components of an embedding that the autoregressive prior draws at most; 0 for as many as hold 99 % of the variance.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int PriorComponents { get; init; }

    /// <summary>Buckets that the autoregressive prior cuts each component into.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int PriorBuckets { get; init; } = 64;

    /// <summary>Channels of each level of the decoder, over patches of 2 x 2 pixels; all but the first halve the map.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public IReadOnlyList<int> DecoderChannels { get; init; } = [48, 96];

    /// <summary>Residual blocks of each level of the decoder, on either way.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int DecoderBlocks { get; init; } = 2;

    /// <summary>Features of the decoder's condition: time and embedding.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int DecoderConditions { get; init; } = 192;

    /// <summary>Heads of the decoder's attention.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int DecoderHeads { get; init; } = 3;

    /// <summary>How often the decoder's pictures are doubled, by an upsampler each: imageSide is the side behind the last one.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int Upsamplers { get; init; }

    /// <summary>Channels of each level of an upsampler, over patches of 2 x 2 pixels; all but the first halve the map.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public IReadOnlyList<int> UpsamplerChannels { get; init; } = [32, 64];

    /// <summary>Residual blocks of each level of an upsampler, on either way.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int UpsamplerBlocks { get; init; } = 1;

    /// <summary>Features of an upsampler's condition, the time.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int UpsamplerConditions { get; init; } = 64;

    /// <summary>The side of the square crops that upsamplers are trained on, where the pictures are larger, in pixels.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int UpsamplerCrop { get; init; } = 32;

    /// <summary>The largest deviation of the noise that an upsampler's small pictures get in training, of values in [-1, 1].</summary>
    [JsonPropertyOrder(ModelOrder)]
    public float UpsamplerNoise { get; init; } = .2f;

    /// <summary>The share of samples that the prior and the decoder learn without their condition, for guidance.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public float DropCondition { get; init; } = .1f;

    /// <summary>What remains of the moving average of prior and decoder in a step; they are drawn with by it.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public float EmaDecay { get; init; } = .999f;

    /// <summary>The largest weight of the decoder's error by the ratio of signal to noise (min-SNR); 0 weighs all alike.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public float MinSnr { get; init; } = 5f;

    /// <summary>Whether the levels of decoder and upsamplers compute their maps again on the way back in place of keeping them: less memory, more time, the same bits.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public bool GradientCheckpointing { get; init; }

    /// <summary>Samples of a batch of CLIP's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int ClipBatch { get; init; } = 128;

    /// <summary>Samples of a batch of the prior's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int PriorBatch { get; init; } = 256;

    /// <summary>Steps of CLIP's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int ClipSteps { get; init; } = 1200;

    /// <summary>Steps of the prior's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int PriorSteps { get; init; } = 3000;

    /// <summary>Steps of the decoder's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int DecoderSteps { get; init; } = 3000;

    /// <summary>Steps of the first upsampler's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int UpsamplerSteps { get; init; } = 1000;

    /// <summary>Steps of the second upsampler's stage.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int SecondUpsamplerSteps { get; init; } = 1000;

    /// <summary>The model's sizes for a vocabulary.</summary>
    public UnclipArchitecture Architecture(int vocabulary) => new()
    {
        Vocabulary = vocabulary,
        ImageSide = ImageSide,
        MostWords = MaxWords,
        TextLayers = TextLayers,
        TextHeads = TextHeads,
        WordFeatures = WordFeatures,
        TextFeatures = TextFeatures,
        Cell = Cell,
        EncoderChannels = EncoderChannels,
        Embedding = Embedding,
        Prior = Prior,
        PriorWidth = PriorWidth > 0 ? PriorWidth : Prior == PriorKind.Perceptron ? 512 : 64,
        PriorBlocks = PriorBlocks > 0 ? PriorBlocks : Prior == PriorKind.Perceptron ? 4 : 2,
        PriorHeads = PriorHeads,
        PriorComponents = PriorComponents == 0 ? Embedding : PriorComponents,
        PriorBuckets = PriorBuckets,
        DecoderChannels = DecoderChannels,
        DecoderBlocks = DecoderBlocks,
        DecoderConditions = DecoderConditions,
        DecoderHeads = DecoderHeads,
        Upsamplers = Upsamplers,
        UpsamplerChannels = UpsamplerChannels,
        UpsamplerBlocks = UpsamplerBlocks,
        UpsamplerConditions = UpsamplerConditions,
        UpsamplerCrop = UpsamplerCrop,
        GradientCheckpointing = GradientCheckpointing,
    };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        RequireBetween("wordFeatures", WordFeatures, 1, MostFeatures);
        RequireBetween("textFeatures", TextFeatures, 1, MostFeatures);
        RequireBetween("textLayers", TextLayers, 0, 1024);
        RequireBetween("textHeads", TextHeads, 1, 1024);
        RequireBetween("embedding", Embedding, 1, MostFeatures);
        RequireBetween("priorWidth", PriorWidth, 0, MostFeatures);
        RequireBetween("priorBlocks", PriorBlocks, 0, 1024);
        RequireBetween("priorHeads", PriorHeads, 1, 1024);
        RequireBetween("priorComponents", PriorComponents, 0, MostFeatures);
        RequireBetween("priorBuckets", PriorBuckets, 2, MostFeatures);
        RequireBetween("decoderBlocks", DecoderBlocks, 1, 64);
        RequireBetween("decoderConditions", DecoderConditions, 2, MostFeatures);
        RequireBetween("decoderHeads", DecoderHeads, 1, 1024);
        RequireBetween("upsamplers", Upsamplers, 0, UnclipFamily.UpsamplerStages.Count);
        RequireBetween("upsamplerBlocks", UpsamplerBlocks, 1, 64);
        RequireBetween("upsamplerConditions", UpsamplerConditions, 2, MostFeatures);
        RequireBetween("upsamplerCrop", UpsamplerCrop, 2, 65536);
        Require(UpsamplerNoise is >= 0 and <= 10, $"upsamplerNoise is {UpsamplerNoise}, it must be from 0 to 10");
        RequireBatch("clipBatch", ClipBatch);
        if (ClipSteps > 0)
            RequirePairs("clipBatch", ClipBatch);
        RequireBatch("priorBatch", PriorBatch);
        Require(EncoderChannels.Concat(DecoderChannels).Concat(UpsamplerChannels).All(channels => channels <= MostFeatures),
            $"a number of encoderChannels, decoderChannels or upsamplerChannels is above {MostFeatures}");
        Require(DropCondition is >= 0 and < 1, $"dropCondition is {DropCondition}, it must be at least 0 and below 1");
        Require(EmaDecay is >= 0 and < 1, $"emaDecay is {EmaDecay}, it must be at least 0 and below 1");
        Require(MinSnr >= 0 && float.IsFinite(MinSnr), $"minSnr is {MinSnr}, it must be at least 0");
        Require(new[] { ClipSteps, PriorSteps, DecoderSteps, UpsamplerSteps, SecondUpsamplerSteps }.All(steps => steps >= 0),
            "the steps of a stage cannot be below 0");
        try
        {
            Architecture(vocabulary: 4).Validate();
        }
        catch (ArgumentException e)
        {
            throw new UserInputException($"{e.Message}; change it with --set", e);
        }
    }
}
