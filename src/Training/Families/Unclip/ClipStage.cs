using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains both encoders with the symmetric contrastive loss; every second batch is of captions that differ in one word.</summary>
sealed class ClipStage(StageDescription description, UnclipModel model, UnclipConfig config)
    : Stage(description, config.ClipSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast))
{
    readonly ContrastiveModel clip = model.Clip;
    TokenBatch? tokens;
    IntTensor? lengths;
    Tensor? images;

    public override int? BatchSize => config.ClipBatch;

    public override bool HasHardBatches => true;

    public override void Upload(Context context, Batch batch)
    {
        tokens = batch.UploadTokens(context, model.TextEncoder.IsByCaption);
        (lengths, images) = (batch.UploadLengths(context), batch.UploadImages(context));
    }

    public override Tensor Run(Context context) => Gather(context, clip.Run(context, tokens!, lengths!, model.Reduce(context, images!)));

    protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => clip.Abandon();
}
