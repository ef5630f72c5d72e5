using Dalle2.Layers;
using Dalle2.Models;
using Dalle2.Tensors;

namespace Dalle2.Training.Stages;

/// <summary>Trains the image encoder, as one half of a variational autoencoder.</summary>
sealed class ImageStage(ClassicModel model, TrainingConfig config)
    : Stage(StageNames.Image, "image encoder (variational autoencoder)", config.ImageSteps, model.StoresOf(model.ImageEncoder, model.ImageLatent, model.ImageReconstructor))
{
    Tensor? images;

    public ImageAutoencoder Autoencoder { get; } = new(model, config.CreateLoss(), config.KlWeight);

    public override void Upload(Context context, Batch batch) => images = batch.UploadImages(context);

    public override Tensor Run(Context context)
    {
        var (reconstruction, divergence) = Autoencoder.Run(context, images!);
        return Gather(context, reconstruction, divergence, config.KlWeight);
    }

    private protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new("loss", values[0]), new("reconstruction", values[1]), new("divergence", values[2]));

    public override void Abandon() => Autoencoder.Abandon();
}
