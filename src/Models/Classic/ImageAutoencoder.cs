using Dalle2.Models.Parts;

namespace Dalle2.Models.Classic;

/// <summary>The image stage: a variational autoencoder (Kingma and Welling, 2014): picture to features to N(mean, exp(logVariance)), a sample of it back to a picture.</summary>
public sealed class ImageAutoencoder
{
    readonly ImageEncoder encoder;
    readonly GaussianHead head;
    readonly ImageDecoder decoder;
    readonly GaussianReparameterization sample = new();
    readonly PixelLoss reconstruction;
    readonly UnitGaussianKlDivergence divergence = new();
    readonly float divergenceWeight;

    /// <summary>Over a model's parts.</summary>
    /// <param name="model">The parts.</param>
    /// <param name="reconstruction">Compares logits with pictures.</param>
    /// <param name="divergenceWeight">The factor of the Kullback-Leibler term.</param>
    public ImageAutoencoder(ClassicModel model, PixelLoss reconstruction, float divergenceWeight)
    {
        (encoder, head, decoder) = (model.ImageEncoder, model.ImageLatent, model.ImageReconstructor);
        this.reconstruction = reconstruction;
        this.divergenceWeight = divergenceWeight;
    }

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="images">Pictures <c>[B, side, side, 3]</c> in [0, 1].</param>
    /// <returns>The reconstruction's loss and the divergence, per picture: one element each, on the device.</returns>
    public (Tensor Reconstruction, Tensor Divergence) Run(Context context, Tensor images)
    {
        var (mean, logVariance) = head.Forward(context, encoder.Forward(context, images));
        Tensor z = sample.Forward(context, mean, logVariance);
        Tensor pixels = reconstruction.Forward(context, decoder.Forward(context, z, z), images);
        Tensor nats = divergence.Forward(context, mean, logVariance);
        if (context.Training)
        {
            var (dz, dcondition) = decoder.Backward(context, reconstruction.Backward(context));
            ElementwiseOp.AddInPlace(context.Stream, dz, dcondition);
            var (dmean, dlogVariance) = sample.Backward(context, dz);
            var (divergenceMean, divergenceLogVariance) = divergence.Backward(context, divergenceWeight);
            ElementwiseOp.AddInPlace(context.Stream, divergenceMean, dmean);
            ElementwiseOp.AddInPlace(context.Stream, divergenceLogVariance, dlogVariance);
            encoder.BackwardToParameters(context, head.Backward(context, divergenceMean, divergenceLogVariance));
        }

        return (pixels, nats);
    }

    /// <summary>Pictures through the mean of their latent, <c>[B, side, side, 3]</c> in [0, 1].</summary>
    public Tensor Reconstruct(Context context, Tensor images)
    {
        var (mean, _) = head.Forward(context, encoder.Forward(context, images));
        return Pictures.FromLogits(context, decoder.Forward(context, mean, mean), reconstruction);
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        foreach (Layer layer in new Layer[] { encoder, head, decoder, sample, reconstruction, divergence })
            layer.Abandon();
    }
}
