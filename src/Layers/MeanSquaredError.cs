namespace Dalle2.Layers;

/// <summary>The squared difference of predictions and targets, summed over pixels, averaged over the batch.</summary>
public sealed class MeanSquaredError : PixelLoss
{
    private protected override void ComputeElements(Stream stream, Tensor predictions, Tensor targets, Tensor loss) =>
        SquaredErrorOp.Forward(stream, predictions, targets, loss);

    private protected override void Differentiate(Stream stream, Tensor predictions, Tensor targets, float scale, Tensor gradient) =>
        SquaredErrorOp.Backward(stream, predictions, targets, scale, gradient);
}
