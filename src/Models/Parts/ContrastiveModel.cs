namespace Dalle2.Models.Parts;

/// <summary>Encoders of captions and pictures that learn a space of unit vectors in which a caption and its picture are near (CLIP: Radford et al., 2021, arXiv 2103.00020).</summary>
/// <param name="text">The encoder of captions.</param>
/// <param name="image">The encoder of pictures, <c>[B, side, side, 3]</c> to features.</param>
/// <param name="contrast">Features of both to the common space, and the loss.</param>
public sealed class ContrastiveModel(CaptionEncoder text, UnaryLayer image, ContrastiveHead contrast)
{
    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="tokens">Captions, as the text encoder takes them.</param>
    /// <param name="lengths">Words of each caption, <c>[B]</c>.</param>
    /// <param name="images">Pictures <c>[B, side, side, 3]</c> in [0, 1].</param>
    /// <param name="groups">Of each caption a number, <c>[B]</c>, the same for equal captions, which are no negatives of each other; null where all differ.</param>
    /// <returns>The symmetric contrastive loss in nats: one element, on the device.</returns>
    public Tensor Run(Context context, TokenBatch tokens, IntTensor lengths, Tensor images, IntTensor? groups = null)
    {
        Tensor loss = contrast.Forward(context, text.Forward(context, tokens, lengths), image.Forward(context, images), groups);
        if (context.Training)
        {
            var (dtext, dimage) = contrast.Backward(context);
            text.Backward(context, dtext);
            image.BackwardToParameters(context, dimage);
        }

        return loss;
    }

    /// <summary>The loss of embeddings and its own backward pass, in training: what <see cref="Run"/> does between the encoders' passes, for pairs that were embedded in several parts.</summary>
    /// <param name="context">The step.</param>
    /// <param name="text">Unit vectors of captions, <c>[N, features]</c>.</param>
    /// <param name="image">Those of their pictures.</param>
    /// <param name="groups">As in <see cref="Run"/>.</param>
    /// <returns>The loss, and the gradients of the embeddings.</returns>
    public (Tensor Loss, Tensor Text, Tensor Image) Compare(Context context, Tensor text, Tensor image, IntTensor? groups = null) =>
        contrast.Compare(context, text, image, groups);

    /// <summary>The backward pass behind <see cref="EmbedCaptions"/> and <see cref="EmbedImages"/>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="dtext">The gradients of the captions' embeddings.</param>
    /// <param name="dimage">Those of the pictures'.</param>
    public void Differentiate(Context context, Tensor dtext, Tensor dimage)
    {
        var (textFeatures, imageFeatures) = contrast.Differentiate(context, dtext, dimage);
        text.Backward(context, textFeatures);
        image.BackwardToParameters(context, imageFeatures);
    }

    /// <summary>Unit vectors of captions, <c>[B, features]</c>.</summary>
    public Tensor EmbedCaptions(Context context, TokenBatch tokens, IntTensor lengths) =>
        contrast.EmbedText(context, text.Forward(context, tokens, lengths));

    /// <summary>Unit vectors of pictures, <c>[B, features]</c>.</summary>
    public Tensor EmbedImages(Context context, Tensor images) => contrast.EmbedImage(context, image.Forward(context, images));

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        text.Abandon();
        image.Abandon();
        contrast.Abandon();
    }
}
