using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Models.Parts;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>The classic model with its stages, its sampler, retrieval and the bound on the likelihood.</summary>
sealed class ClassicFamilyModel : FamilyModel, IRetrieval, IBoundsLikelihood
{
    readonly ClassicModel model;
    readonly ClassicConfig config;
    readonly ContrastiveModel joint;
    readonly TextToImage textToImage;

    public ClassicFamilyModel(ClassicFamily family, Device device, ClassicConfig config, Vocabulary vocabulary, ulong? seed)
    {
        this.config = config;
        model = new ClassicModel(device, config.Architecture(vocabulary.Count), seed);
        joint = model.Joint;
        textToImage = new TextToImage(model, config.CreateLoss(), config.KlWeight);
        Sampler = new ClassicSampler(model, config);
        StageDescription Of(string name) => family.Stages.Single(stage => stage.Name == name);
        Stages =
        [
            new TextStage(Of(ClassicFamily.Text), model, config),
            new ImageStage(Of(ClassicFamily.Image), model, config),
            new JointStage(Of(ClassicFamily.Joint), model, config),
            new DecoderStage(Of(ClassicFamily.Decoder), model, config, endToEnd: false),
            new DecoderStage(Of(ClassicFamily.FineTune), model, config, endToEnd: true),
        ];
    }

    public override IReadOnlyList<ParameterStore> Stores => model.Stores;

    public override IReadOnlyList<Stage> Stages { get; }

    public override ISampler Sampler { get; }

    public string RetrievalStage => ClassicFamily.Joint;

    public Tensor EmbedCaptions(Context context, Batch batch) =>
        joint.EmbedCaptions(context, batch.UploadTokens(context), batch.UploadLengths(context));

    public Tensor EmbedImages(Context context, Batch batch) => joint.EmbedImages(context, batch.UploadImages(context));

    public double Bound(Context context, Batch batch)
    {
        var (reconstruction, divergence) = textToImage.Run(
            context, batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context), trainEncoders: false);
        return reconstruction.Scalar(context.Stream) + (double)config.KlWeight * divergence.Scalar(context.Stream);
    }

    public override void LoadInitialValues(Func<Stage, bool> stored, Vocabulary vocabulary, Action<string> notice)
    {
        ParameterStore text = model.StoresOf(model.TextEncoder)[0];
        // A stage that trains the table has better values in its checkpoint.
        if (config.WordVectors.Length == 0 || Stages.Any(stage => stage.Trained.Contains(text) && stored(stage)))
            return;
        WordVectors vectors = WordVectors.Load(config.WordVectors, vocabulary);
        if (vectors.Dimension != config.WordFeatures)
        {
            throw new UserInputException($"{config.WordVectors}: its vectors have {vectors.Dimension} numbers, the model's "
                + $"{config.WordFeatures}; add --set wordFeatures={vectors.Dimension}");
        }

        Gpu.Runtime.Stream stream = text.Device.Stream;
        Tensor table = model.TextEncoder.WordVectors.Value;
        float[] values = table.ToArray(stream);
        foreach ((string word, float[] vector) in vectors.Vectors)
            vector.CopyTo(values, vocabulary.IdOf(word) * config.WordFeatures);
        table.Write(stream, values);
        notice($"word vectors: {vectors.Vectors.Count} of {vocabulary.WordCount} words found in {config.WordVectors}");
    }
}
