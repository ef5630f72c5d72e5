using Dalle2.Layers;
using Dalle2.Models;
using Dalle2.Tensors;

namespace Dalle2.Training.Stages;

/// <summary>Trains both encoders with the symmetric contrastive loss.</summary>
sealed class JointStage(ClassicModel model, TrainingConfig config)
    : Stage(StageNames.Joint, "both encoders (contrastive)", config.JointSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast))
{
    readonly JointModel joint = new(model);
    TokenBatch? tokens;
    IntTensor? lengths;
    Tensor? images;

    public override void Upload(Context context, Batch batch) =>
        (tokens, lengths, images) = (batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context));

    public override Tensor Run(Context context) => Gather(context, joint.Run(context, tokens!, lengths!, images!));

    private protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => joint.Abandon();
}
