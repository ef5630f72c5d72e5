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
    Tensor? images;

    public override void Upload(Context context, Batch batch) => images = batch.UploadImages(context);

    public override Tensor Run(Context context)
    {
        var (reconstruction, divergence) = autoencoder.Run(context, images!);
        return Gather(context, reconstruction, divergence, config.KlWeight);
    }

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new("loss", values[0]), new("reconstruction", values[1]), new("divergence", values[2]));

    public override void Abandon() => autoencoder.Abandon();

    public override IReadOnlyList<(string Label, Tensor Pictures)> Sheet(Context context, Batch batch, ulong seed) =>
        [("reconstructed", autoencoder.Reconstruct(context, batch.UploadImages(context)))];
}
