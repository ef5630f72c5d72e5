namespace Dalle2.Layers;

/// <summary>The squared difference of predictions and targets, summed over pixels, averaged over the batch.</summary>
public sealed class MeanSquaredError : PixelLoss
{
    private protected override void Compute(Stream stream, Tensor predictions, Tensor targets, Tensor partials, Tensor loss, float scale) =>
        SquaredErrorOp.Forward(stream, predictions, targets, partials, loss, scale);

    private protected override void Differentiate(Stream stream, Tensor predictions, Tensor targets, float scale, Tensor gradient) =>
        SquaredErrorOp.Backward(stream, predictions, targets, scale, gradient);
}
