using Dalle2.Models.Classic;

namespace Dalle2.Training.Families.Classic;

/// <summary>Trains both encoders with the symmetric contrastive loss.</summary>
sealed class JointStage(StageDescription description, ClassicModel model, ClassicConfig config)
    : ContrastiveStage(description, config.JointSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast),
    model.Joint, config.JointFeatures, isByCaption: false);
