using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>Trains the decoder, the posterior and the text prior: on the frozen joint encoders, or end to end with them.</summary>
sealed class DecoderStage(StageDescription description, ClassicModel model, ClassicConfig config, bool endToEnd)
    : Stage(
        description,
        endToEnd ? config.FineTuneSteps : config.DecoderSteps,
        endToEnd
            ? model.StoresOf(model.Posterior, model.Prior, model.Decoder, model.TextEncoder, model.ImageEncoder)
            : model.StoresOf(model.Posterior, model.Prior, model.Decoder))
{
    readonly TextToImage textToImage = new(model, config.CreateLoss(), config.KlWeight);
    readonly ClassicSampler sampler = new(model, config);
    TokenBatch? tokens;
    IntTensor? lengths;
    Tensor? images;

    /// <summary>The autoencoder has already learnt to draw: the decoder starts from its convolutions.</summary>
    public override void Begin()
    {
        if (endToEnd || config.ImageSteps == 0)
            return;
        foreach (var (target, source) in model.Decoder.ConvolutionParameters.Zip(model.ImageReconstructor.ConvolutionParameters))
            model.Stores[0].Device.Stream.Copy(source.Value.View, target.Value.View);
    }

    public override void Upload(Context context, Batch batch) =>
        (tokens, lengths, images) = (batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context));

    public override Tensor Run(Context context)
    {
        var (reconstruction, divergence) = textToImage.Run(context, tokens!, lengths!, images!, trainEncoders: endToEnd);
        return Gather(context, reconstruction, divergence, config.KlWeight);
    }

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new("loss", values[0]), new("reconstruction", values[1]), new("divergence", values[2]));

    public override void Abandon() => textToImage.Abandon();

    public override IReadOnlyList<(string Label, Tensor Pictures)> Sheet(Context context, Batch batch, ulong seed) =>
        [("drawn", sampler.Draw(context, batch, seed, 0, SamplerSettings.Of(ModelFamily.Get(config.Model))))];
}
