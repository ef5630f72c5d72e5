using System.Text.Json.Serialization;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models;

namespace Dalle2.Training;

/// <summary>
/// Everything that decides the bits of a run, and nothing else: it is stored as <c>config.json</c>, and a run of the same configuration ends
/// with the same checkpoint on any device and any number of threads (in another precision than float32, on the same card). Each property can be set with <c>--set name=value</c>.
/// </summary>
public sealed record TrainingConfig
{
    /// <summary>The model.</summary>
    public string Model { get; init; } = "classic";

    /// <summary>The preset that the other values started from.</summary>
    public string Preset { get; init; } = "";

    /// <summary>The data set: a name, a folder of pictures and captions, or a COCO captions file.</summary>
    public string Data { get; init; } = "shapes";

    /// <summary>Decides every random number.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What products of matrices multiply. Left out of <c>config.json</c> where it is float32.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Precision Precision { get; init; }

    /// <summary>Training pictures to generate, for generated sets; 0 takes the set's own number.</summary>
    public int Samples { get; init; }

    /// <summary>The language of emoji captions.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>The folder that a COCO file's picture names are relative to; empty takes the file's own folder.</summary>
    public string ImagesFolder { get; init; } = "";

    /// <summary>Pixels that a picture file may have; larger ones count as broken. 0 takes 64 megapixels, and is left out of <c>config.json</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxPixels { get; init; }

    /// <summary>The side of the square pictures, in pixels.</summary>
    public int ImageSide { get; init; } = 32;

    /// <summary>Words of a caption that are read; the rest is cut and counted.</summary>
    public int MaxWords { get; init; } = 24;

    /// <summary>The recurrent cell.</summary>
    public RecurrentCell Cell { get; init; } = RecurrentCell.Lstm;

    /// <summary>Features of a word vector.</summary>
    public int WordFeatures { get; init; } = 64;

    /// <summary>A file of word vectors to start from, GloVe text or word2vec binary; empty starts at random.</summary>
    public string WordVectors { get; init; } = "";

    /// <summary>Features of an encoded caption.</summary>
    public int TextFeatures { get; init; } = 128;

    /// <summary>Channels after each convolution of the image encoder; each halves the picture.</summary>
    public IReadOnlyList<int> EncoderChannels { get; init; } = [32, 64, 128];

    /// <summary>Channels before each transposed convolution of the decoder; each doubles the picture.</summary>
    public IReadOnlyList<int> DecoderChannels { get; init; } = [256, 128, 64];

    /// <summary>Numbers of the latent.</summary>
    public int Latent { get; init; } = 32;

    /// <summary>Features of the space that captions and pictures share.</summary>
    public int JointFeatures { get; init; } = 64;

    /// <summary>How a drawn picture is compared with the true one: binary cross-entropy or squared error, summed over pixels.</summary>
    public ReconstructionLoss Loss { get; init; } = ReconstructionLoss.BinaryCrossEntropy;

    /// <summary>The factor of the Kullback-Leibler term.</summary>
    public float KlWeight { get; init; } = 1f;

    /// <summary>Pictures of a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Adam's step size at its highest.</summary>
    public float LearningRate { get; init; } = 2e-3f;

    /// <summary>AdamW's decoupled weight decay.</summary>
    public float WeightDecay { get; init; }

    /// <summary>The global norm that gradients are clipped to; 0 does not clip.</summary>
    public float ClipNorm { get; init; }

    /// <summary>Steps of linear warm-up at the start of each stage.</summary>
    public int WarmupSteps { get; init; } = 20;

    /// <summary>Steps of the text encoder's stage (sequence to sequence).</summary>
    public int TextSteps { get; init; } = 300;

    /// <summary>Steps of the image encoder's stage (variational autoencoder).</summary>
    public int ImageSteps { get; init; } = 300;

    /// <summary>Steps of the joint stage (contrastive).</summary>
    public int JointSteps { get; init; } = 300;

    /// <summary>Steps of the decoder's stage, on the frozen joint encoders.</summary>
    public int DecoderSteps { get; init; } = 300;

    /// <summary>Steps of the end-to-end stage; 0 leaves it out.</summary>
    public int FineTuneSteps { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 250;

    /// <summary>Steps between lines of the log.</summary>
    public int LogEvery { get; init; } = 10;

    /// <summary>The loss between a drawn picture and the true one.</summary>
    internal PixelLoss CreateLoss() => Loss == ReconstructionLoss.BinaryCrossEntropy ? new BinaryCrossEntropyWithLogits() : new SquaredError();

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
}

/// <summary>How a drawn picture is compared with the true one.</summary>
public enum ReconstructionLoss
{
    /// <summary>Binary cross-entropy of each channel's logit.</summary>
    BinaryCrossEntropy,

    /// <summary>Squared error of each channel.</summary>
    SquaredError,
}
