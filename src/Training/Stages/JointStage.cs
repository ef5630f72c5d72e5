using Dalle2.Layers;
using Dalle2.Models;

namespace Dalle2.Training.Stages;

/// <summary>Trains both encoders with the symmetric contrastive loss.</summary>
sealed class JointStage(ClassicModel model, TrainingConfig config)
    : Stage(StageNames.Joint, "both encoders (contrastive)", config.JointSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast))
{
    readonly JointModel joint = new(model);

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch) =>
        Figures(new KeyValuePair<string, double>("loss", joint.Run(context, batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context))));

    public override void Abandon() => joint.Abandon();
}
