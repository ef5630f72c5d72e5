using Dalle2.Models.Parts;

namespace Dalle2.Models.Classic;

/// <summary>The joint stage: both encoders learn a space in which a caption and its picture are near.</summary>
public sealed class JointModel
{
    readonly TextEncoder text;
    readonly ImageEncoder image;
    readonly ContrastiveHead contrast;

    /// <summary>Over a model's parts.</summary>
    public JointModel(ClassicModel model) => (text, image, contrast) = (model.TextEncoder, model.ImageEncoder, model.Contrast);

    /// <summary>Forward and, in training, backward.</summary>
    /// <returns>The symmetric contrastive loss in nats: one element, on the device.</returns>
    public Tensor Run(Context context, TokenBatch tokens, IntTensor lengths, Tensor images)
    {
        Tensor loss = contrast.Forward(context, text.Forward(context, tokens, lengths), image.Forward(context, images));
        if (context.Training)
        {
            var (dtext, dimage) = contrast.Backward(context);
            text.Backward(context, dtext);
            image.BackwardToParameters(context, dimage);
        }

        return loss;
    }

    /// <summary>Unit vectors of captions, <c>[B, joint features]</c>.</summary>
    public Tensor EmbedCaptions(Context context, TokenBatch tokens, IntTensor lengths) =>
        contrast.EmbedText(context, text.Forward(context, tokens, lengths));

    /// <summary>Unit vectors of pictures, <c>[B, joint features]</c>.</summary>
    public Tensor EmbedImages(Context context, Tensor images) => contrast.EmbedImage(context, image.Forward(context, images));

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        text.Abandon();
        image.Abandon();
        contrast.Abandon();
    }
}
