namespace Dalle2.Models.Parts;

/// <summary>What a decoder gives, as a picture.</summary>
static class Pictures
{
    /// <summary>The sigmoid of logits that are trained by cross-entropy; values trained by squared error as they are, which may reach a little out of [0, 1].</summary>
    public static Tensor FromLogits(Context context, Tensor logits, PixelLoss reconstruction) =>
        reconstruction is BinaryCrossEntropyWithLogits ? Activation.Sigmoid().Forward(context, logits) : logits;
}
