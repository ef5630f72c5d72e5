using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>Trains both encoders with the symmetric contrastive loss.</summary>
sealed class JointStage(StageDescription description, ClassicModel model, ClassicConfig config)
    : Stage(description, config.JointSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast))
{
    readonly JointModel joint = new(model);

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch) =>
        Figures(new KeyValuePair<string, double>("loss", joint.Run(context, batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context))));

    public override void Abandon() => joint.Abandon();
}
