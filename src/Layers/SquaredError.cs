namespace Dalle2.Layers;

/// <summary>
/// The squared error of predictions and targets, with the reduction of every <see cref="PixelLoss"/>: summed over pixels, averaged over the
/// batch. It is the mean squared error times the number of values of a picture.
/// </summary>
public sealed class SquaredError : PixelLoss
{
    private protected override void Compute(Stream stream, Tensor predictions, Tensor targets, Tensor partials, Tensor loss, float scale) =>
        SquaredErrorOp.Forward(stream, predictions, targets, partials, loss, scale);

    private protected override void Differentiate(Stream stream, Tensor predictions, Tensor targets, float scale, Tensor gradient) =>
        SquaredErrorOp.Backward(stream, predictions, targets, scale, gradient);
}
