using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Models.Parts;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>Trains both encoders with the symmetric contrastive loss.</summary>
sealed class JointStage(StageDescription description, ClassicModel model, ClassicConfig config)
    : Stage(description, config.JointSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast))
{
    readonly ContrastiveModel joint = model.Joint;
    TokenBatch? tokens;
    IntTensor? lengths;
    IntTensor? groups;
    Tensor? images;

    public override void Upload(Context context, Batch batch)
    {
        (tokens, lengths, images) = (batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context));
        groups = batch.UploadSameCaptions(context);
    }

    public override Tensor Run(Context context) => Gather(context, joint.Run(context, tokens!, lengths!, images!, groups));

    protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => joint.Abandon();
}
