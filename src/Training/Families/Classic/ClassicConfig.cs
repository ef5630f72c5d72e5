using System.Text.Json.Serialization;
using Dalle2.Data;
using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Models.Parts;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Families.Classic;

/// <summary>The settings of the classic model.</summary>
public sealed record ClassicConfig : TrainingConfig
{
    const int MostFeatures = 65536;

    /// <summary>The recurrent cell.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public RecurrentCell Cell { get; init; } = RecurrentCell.Lstm;

    /// <summary>Features of a word vector.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int WordFeatures { get; init; } = 64;

    /// <summary>A file of word vectors to start from, GloVe text or word2vec binary; empty starts at random.</summary>
    [FilePath]
    [JsonPropertyOrder(ModelOrder)]
    public string WordVectors { get; init; } = "";

    /// <summary>Features of an encoded caption.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int TextFeatures { get; init; } = 128;

    /// <summary>Channels after each convolution of the image encoder; each halves the picture.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public IReadOnlyList<int> EncoderChannels { get; init; } = [32, 64, 128];

    /// <summary>Channels before each transposed convolution of the decoder; each doubles the picture.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public IReadOnlyList<int> DecoderChannels { get; init; } = [256, 128, 64];

    /// <summary>Numbers of the latent.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int Latent { get; init; } = 32;

    /// <summary>Features of the space that captions and pictures share.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public int JointFeatures { get; init; } = 64;

    /// <summary>How a drawn picture is compared with the true one: binary cross-entropy or squared error, summed over pixels.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public ReconstructionLoss Loss { get; init; } = ReconstructionLoss.BinaryCrossEntropy;

    /// <summary>The factor of the Kullback-Leibler term.</summary>
    [JsonPropertyOrder(ModelOrder)]
    public float KlWeight { get; init; } = 1f;

    /// <summary>Steps of the text encoder's stage (sequence to sequence).</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int TextSteps { get; init; } = 300;

    /// <summary>Steps of the image encoder's stage (variational autoencoder).</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int ImageSteps { get; init; } = 300;

    /// <summary>Steps of the joint stage (contrastive).</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int JointSteps { get; init; } = 300;

    /// <summary>Steps of the decoder's stage, on the frozen joint encoders.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int DecoderSteps { get; init; } = 300;

    /// <summary>Steps of the end-to-end stage; 0 leaves it out.</summary>
    [JsonPropertyOrder(StagesOrder)]
    public int FineTuneSteps { get; init; }

    /// <summary>The loss between a drawn picture and the true one.</summary>
    internal PixelLoss CreateLoss() =>
        Loss == ReconstructionLoss.BinaryCrossEntropy ? new BinaryCrossEntropyWithLogits() : new SquaredError();

    /// <summary>The model's sizes for a vocabulary.</summary>
    public ClassicArchitecture Architecture(int vocabulary) => new()
    {
        Vocabulary = vocabulary,
        ImageSide = ImageSide,
        WordFeatures = WordFeatures,
        TextFeatures = TextFeatures,
        Cell = Cell,
        EncoderChannels = EncoderChannels,
        DecoderChannels = DecoderChannels,
        Latent = Latent,
        JointFeatures = JointFeatures,
    };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        RequireFactor("klWeight", KlWeight);
        RequireBetween("wordFeatures", WordFeatures, 1, MostFeatures);
        RequireBetween("textFeatures", TextFeatures, 1, MostFeatures);
        RequireBetween("latent", Latent, 1, MostFeatures);
        RequireBetween("jointFeatures", JointFeatures, 1, MostFeatures);
        Require(EncoderChannels.Concat(DecoderChannels).All(channels => channels <= MostFeatures),
            $"a number of encoderChannels or decoderChannels is above {MostFeatures}");
        Require(
            new[] { TextSteps, ImageSteps, JointSteps, DecoderSteps, FineTuneSteps }.All(steps => steps >= 0),
            "the steps of a stage cannot be below 0");
        if (JointSteps > 0)
            RequirePairs("batch", Batch);
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
