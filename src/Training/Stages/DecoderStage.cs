using Dalle2.Layers;
using Dalle2.Models;

namespace Dalle2.Training.Stages;

/// <summary>Trains the decoder, the posterior and the text prior: on the frozen joint encoders, or end to end with them.</summary>
sealed class DecoderStage(ClassicModel model, TrainingConfig config, bool endToEnd)
    : Stage(
        endToEnd ? StageNames.FineTune : StageNames.Decoder,
        endToEnd ? "text encoder to decoder, end to end" : "decoder and text prior (frozen encoders)",
        endToEnd ? config.FineTuneSteps : config.DecoderSteps,
        endToEnd
            ? model.StoresOf(model.Posterior, model.Prior, model.Decoder, model.TextEncoder, model.ImageEncoder)
            : model.StoresOf(model.Posterior, model.Prior, model.Decoder))
{
    readonly TextToImage textToImage = new(model, config.CreateLoss(), config.KlWeight);

    /// <summary>The autoencoder has already learnt to draw: the decoder starts from its convolutions.</summary>
    public override void Begin()
    {
        if (endToEnd || config.ImageSteps == 0)
            return;
        foreach (var (target, source) in model.Decoder.ConvolutionParameters.Zip(model.ImageReconstructor.ConvolutionParameters))
            model.Stores[0].Device.Stream.Copy(source.Value.View, target.Value.View);
    }

    public override IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch)
    {
        var (reconstruction, divergence) = textToImage.Run(
            context, batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context), trainEncoders: endToEnd);
        return Figures(new("loss", reconstruction + config.KlWeight * divergence), new("reconstruction", reconstruction), new("divergence", divergence));
    }

    public override void Abandon() => textToImage.Abandon();
}
