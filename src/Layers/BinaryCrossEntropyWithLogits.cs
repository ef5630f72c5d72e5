namespace Dalle2.Layers;

/// <summary>
/// Binary cross-entropy of logits with targets in [0, 1], stable for logits of any size: <c>-t log p - (1 - t) log(1 - p)</c> with
/// <c>p = sigmoid(logit)</c>, summed over pixels, averaged over the batch.
/// </summary>
public sealed class BinaryCrossEntropyWithLogits : PixelLoss
{
    private protected override void Compute(Stream stream, Tensor predictions, Tensor targets, Tensor partials, Tensor loss, float scale) =>
        BinaryCrossEntropyWithLogitsOp.Forward(stream, predictions, targets, partials, loss, scale);

    private protected override void Differentiate(Stream stream, Tensor predictions, Tensor targets, float scale, Tensor gradient) =>
        BinaryCrossEntropyWithLogitsOp.Backward(stream, predictions, targets, scale, gradient);
}
