using Dalle2.Models.Parts;

namespace Dalle2.Models.Classic;

/// <summary>
/// Text to picture as a conditional variational autoencoder (Sohn et al., 2015): in training z ~ q(z | picture, text), to draw z ~ p(z | text),
/// the prior learned from the text; the decoder reads [text, z], and the text again at every level.
/// </summary>
public sealed class TextToImage
{
    readonly TextEncoder text;
    readonly ImageEncoder image;
    readonly GaussianHead posterior;
    readonly TextPrior prior;
    readonly ImageDecoder decoder;
    readonly Concatenate posteriorInput = new();
    readonly Concatenate decoderInput = new();
    readonly GaussianReparameterization sample = new();
    readonly PixelLoss reconstruction;
    readonly GaussianKlDivergence divergence = new();
    readonly float divergenceWeight;

    /// <summary>Over a model's parts.</summary>
    /// <param name="model">The parts.</param>
    /// <param name="reconstruction">Compares logits with pictures.</param>
    /// <param name="divergenceWeight">The factor of the Kullback-Leibler term.</param>
    public TextToImage(ClassicModel model, PixelLoss reconstruction, float divergenceWeight = 1f)
    {
        (text, image, posterior, prior, decoder) = (model.TextEncoder, model.ImageEncoder, model.Posterior, model.Prior, model.Decoder);
        this.reconstruction = reconstruction;
        this.divergenceWeight = divergenceWeight;
    }

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="tokens">Captions <c>[T, B]</c>.</param>
    /// <param name="lengths">Words of each caption, <c>[B]</c>.</param>
    /// <param name="images">Pictures <c>[B, side, side, 3]</c> in [0, 1].</param>
    /// <param name="trainEncoders">False leaves both encoders as they are.</param>
    /// <returns>The reconstruction's loss and the divergence, per picture, one element each, on the device; their sum bounds the negative log-likelihood (ELBO).</returns>
    public (Tensor Reconstruction, Tensor Divergence) Run(Context context, TokenBatch tokens, IntTensor lengths, Tensor images,
        bool trainEncoders)
    {
        Tensor textFeatures, imageFeatures;
        using (context.Inference(frozen: !trainEncoders))
        {
            textFeatures = text.Forward(context, tokens, lengths);
            imageFeatures = image.Forward(context, images);
        }

        var (mean, logVariance) = posterior.Forward(context, posteriorInput.Forward(context, imageFeatures, textFeatures));
        var (priorMean, priorLogVariance) = prior.Forward(context, textFeatures);
        Tensor z = sample.Forward(context, mean, logVariance);
        Tensor logits = decoder.Forward(context, decoderInput.Forward(context, textFeatures, z), textFeatures);
        Tensor pixels = reconstruction.Forward(context, logits, images);
        Tensor nats = divergence.Forward(context, mean, logVariance, priorMean, priorLogVariance);
        if (context.Training)
            Backward(context, trainEncoders);
        return (pixels, nats);
    }

    /// <summary>Draws: <c>[B, side, side, 3]</c> in [0, 1].</summary>
    /// <param name="context">The step, not in training.</param>
    /// <param name="tokens">Captions <c>[T, B]</c>.</param>
    /// <param name="lengths">Words of each caption, <c>[B]</c>.</param>
    /// <param name="noise">The latent's noise <c>[B, latent]</c>, standard normal.</param>
    public Tensor Draw(Context context, TokenBatch tokens, IntTensor lengths, Tensor noise)
    {
        Tensor features = text.Forward(context, tokens, lengths);
        var (mean, logVariance) = prior.Forward(context, features);
        Tensor z = context.Allocate(mean.Shape);
        GaussianReparameterizationOp.Forward(context.Stream, mean, logVariance, noise, z);
        return Pictures.FromLogits(context, decoder.Forward(context, decoderInput.Forward(context, features, z), features), reconstruction);
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        foreach (Layer layer in new Layer[] { text, image, posterior, prior, decoder, posteriorInput, decoderInput, sample, reconstruction,
            divergence })
        {
            layer.Abandon();
        }
    }

    void Backward(Context context, bool trainEncoders)
    {
        var (dinput, dcondition) = decoder.Backward(context, reconstruction.Backward(context));
        Tensor[] dcode = decoderInput.Backward(context, dinput);
        Tensor dtext = dcode[0];
        var (dmean, dlogVariance) = sample.Backward(context, dcode[1]);
        var (divergenceMean, divergenceLogVariance, dpriorMean, dpriorLogVariance) = divergence.Backward(context, divergenceWeight);
        ElementwiseOp.AddInPlace(context.Stream, divergenceMean, dmean);
        ElementwiseOp.AddInPlace(context.Stream, divergenceLogVariance, dlogVariance);
        Tensor[] dfeatures = posteriorInput.Backward(context, posterior.Backward(context, divergenceMean, divergenceLogVariance));
        Tensor dpriorText = prior.Backward(context, dpriorMean, dpriorLogVariance);
        if (!trainEncoders)
            return;
        ElementwiseOp.AddInPlace(context.Stream, dtext, dcondition);
        ElementwiseOp.AddInPlace(context.Stream, dtext, dpriorText);
        ElementwiseOp.AddInPlace(context.Stream, dtext, dfeatures[1]);
        text.Backward(context, dtext);
        image.BackwardToParameters(context, dfeatures[0]);
    }
}
