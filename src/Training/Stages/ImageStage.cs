using Dalle2.Layers;
using Dalle2.Models;

namespace Dalle2.Training.Stages;

/// <summary>Trains the image encoder, as one half of a variational autoencoder.</summary>
sealed class ImageStage(ClassicModel model, TrainingConfig config)
    : Stage(StageNames.Image, "image encoder (variational autoencoder)", config.ImageSteps, model.StoresOf(model.ImageEncoder, model.ImageLatent, model.ImageReconstructor))
{
    public ImageAutoencoder Autoencoder { get; } = new(model, config.CreateLoss(), config.KlWeight);

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch)
    {
        var (reconstruction, divergence) = Autoencoder.Run(context, batch.UploadImages(context));
        return Figures(new("loss", reconstruction + config.KlWeight * divergence), new("reconstruction", reconstruction), new("divergence", divergence));
    }

    public override void Abandon() => Autoencoder.Abandon();
}
