namespace Dalle2.Models.Parts;

/// <summary>Text and image features to unit vectors of one space, and their symmetric contrastive loss with a learned temperature (CLIP, arXiv 2103.00020).</summary>
public sealed class ContrastiveHead : Layer
{
    readonly Sequential text;
    readonly Sequential image;
    readonly InfoNce loss;

    /// <summary>A head.</summary>
    /// <param name="textFeatures">Numbers of an encoded caption.</param>
    /// <param name="imageFeatures">Numbers of an encoded picture.</param>
    /// <param name="jointFeatures">Features of the shared space.</param>
    public ContrastiveHead(int textFeatures, int imageFeatures, int jointFeatures)
    {
        text = Compose("text", new Sequential(("project", new Linear(textFeatures, jointFeatures, withBias: false)),
            ("normalize", new L2Normalize())));
        image = Compose("image", new Sequential(("project", new Linear(imageFeatures, jointFeatures, withBias: false)),
            ("normalize", new L2Normalize())));
        loss = Compose("loss", new InfoNce());
    }

    /// <summary>The loss of a batch of pairs, one element; pairs of one group, where groups are given, are no negatives of each other.</summary>
    public Tensor Forward(Context context, Tensor textFeatures, Tensor imageFeatures, IntTensor? groups = null) =>
        loss.Forward(context, EmbedText(context, textFeatures), EmbedImage(context, imageFeatures), groups);

    /// <summary>The gradients of both features; adds to the parameters' gradients.</summary>
    public (Tensor Text, Tensor Image) Backward(Context context)
    {
        var (dtext, dimage) = loss.Backward(context);
        return Differentiate(context, dtext, dimage);
    }

    /// <summary>The loss of unit vectors and their gradients, in training; adds to that of the temperature.</summary>
    public (Tensor Loss, Tensor Text, Tensor Image) Compare(Context context, Tensor text, Tensor image, IntTensor? groups = null)
    {
        Tensor value = loss.Forward(context, text, image, groups);
        var (dtext, dimage) = loss.Backward(context);
        return (value, dtext, dimage);
    }

    /// <summary>The gradients of both features from those of the unit vectors; adds to the projections' gradients.</summary>
    public (Tensor Text, Tensor Image) Differentiate(Context context, Tensor dtext, Tensor dimage) =>
        (text.Backward(context, dtext), image.Backward(context, dimage));

    /// <summary>Unit vectors of texts, <c>[B, joint features]</c>.</summary>
    public Tensor EmbedText(Context context, Tensor features) => text.Forward(context, features);

    /// <summary>Unit vectors of pictures, <c>[B, joint features]</c>.</summary>
    public Tensor EmbedImage(Context context, Tensor features) => image.Forward(context, features);
}
