using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>The unCLIP model with its stages, its sampler, retrieval by CLIP, and drawing from embeddings.</summary>
sealed class UnclipFamilyModel : FamilyModel, IRetrieval, IDrawsFromEmbeddings
{
    readonly UnclipModel model;
    readonly ContrastiveModel clip;
    readonly UnclipSampler sampler;

    public UnclipFamilyModel(UnclipFamily family, Device device, UnclipConfig config, Vocabulary vocabulary, ulong? seed)
    {
        model = new UnclipModel(device, config.Architecture(vocabulary.Count), seed);
        clip = model.Clip;
        Sampler = sampler = new UnclipSampler(model);
        StageDescription Of(string name) => family.Stages.Single(stage => stage.Name == name);
        Stages =
        [
            new ClipStage(Of(UnclipFamily.Clip), model, config),
            new PriorStage(Of(UnclipFamily.Prior), model, config),
            new DiffusionStage(Of(UnclipFamily.Decoder), model, config),
            .. UnclipFamily.UpsamplerStages.Select((name, i) => new UpsamplerStage(Of(name), model, config, i)),
        ];
    }

    public override IReadOnlyList<ParameterStore> Stores => model.Stores;

    public override IReadOnlyList<Stage> Stages { get; }

    public override ISampler Sampler { get; }

    public string RetrievalStage => UnclipFamily.Clip;

    public Tensor EmbedCaptions(Context context, Batch batch) =>
        clip.EmbedCaptions(context, batch.UploadTokens(context, model.TextEncoder.IsByCaption), batch.UploadLengths(context));

    public Tensor EmbedImages(Context context, Batch batch) => clip.EmbedImages(
        context, model.Reduce(context, batch.UploadImages(context)));

    public int EmbeddingLength => model.Sizes.Embedding;

    public float[][] EmbedPictures(Context context, IReadOnlyList<float[]> pictures) => sampler.EmbedPictures(context, pictures);

    public float[][] EmbedTexts(Context context, Batch captions) => sampler.EmbedTexts(context, captions);

    public float[][] EmbedPrompts(Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings) =>
        sampler.EmbedPrompts(context, captions, seed, firstNumber, settings);

    public Tensor Draw(
        Context context, IReadOnlyList<float[]> embeddings, ulong seed, IReadOnlyList<int> numbers, SamplerSettings settings,
        SourcePicture? source = null, DrawingProgress? progress = null) =>
        sampler.Draw(context, embeddings, seed, numbers, settings, source, progress);
}
