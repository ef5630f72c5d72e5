using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>Trains the image encoder, as one half of a variational autoencoder.</summary>
sealed class ImageStage(StageDescription description, ClassicModel model, ClassicConfig config)
    : Stage(description, config.ImageSteps, model.StoresOf(model.ImageEncoder, model.ImageLatent, model.ImageReconstructor))
{
    readonly ImageAutoencoder autoencoder = new(model, config.CreateLoss(), config.KlWeight);

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch)
    {
        var (reconstruction, divergence) = autoencoder.Run(context, batch.UploadImages(context));
        return Figures(new("loss", reconstruction + config.KlWeight * divergence), new("reconstruction", reconstruction), new("divergence", divergence));
    }

    public override string SheetLabel => "reconstructed";

    public override void Abandon() => autoencoder.Abandon();

    public override Tensor Sheet(Context context, Batch batch, ulong seed) => autoencoder.Reconstruct(context, batch.UploadImages(context));
}
