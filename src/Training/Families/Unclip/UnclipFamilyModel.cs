using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>The unCLIP model with its stages, its sampler, and retrieval by CLIP.</summary>
sealed class UnclipFamilyModel : FamilyModel, IRetrieval
{
    readonly UnclipModel model;
    readonly ClipModel clip;

    public UnclipFamilyModel(UnclipFamily family, Device device, UnclipConfig config, Vocabulary vocabulary)
    {
        model = new UnclipModel(device, config.Architecture(vocabulary.Count), config.Seed);
        clip = new ClipModel(model);
        Sampler = new UnclipSampler(model);
        StageDescription Of(string name) => family.Stages.Single(stage => stage.Name == name);
        Stages =
        [
            new ClipStage(Of(UnclipFamily.Clip), model, config),
            new PriorStage(Of(UnclipFamily.Prior), model, config),
            new DiffusionStage(Of(UnclipFamily.Decoder), model, config),
        ];
    }

    public override IReadOnlyList<ParameterStore> Stores => model.Stores;

    public override IReadOnlyList<Stage> Stages { get; }

    public override ISampler Sampler { get; }

    public string RetrievalStage => UnclipFamily.Clip;

    public Tensor EmbedCaptions(Context context, Batch batch) =>
        clip.EmbedCaptions(context, batch.UploadTokens(context), batch.UploadLengths(context));

    public Tensor EmbedImages(Context context, Batch batch) => clip.EmbedImages(context, batch.UploadImages(context));
}
