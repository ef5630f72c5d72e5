namespace Dalle2.Layers;

/// <summary>
/// The loss of diffusion models: each sample's mean squared error, times its weight (min-SNR: Hang et al., 2023, arXiv 2303.09556),
/// averaged over the batch, <c>1 / N sum over n of weight[n] mean of (x - t)^2</c>.
/// </summary>
public sealed class WeightedSquaredError : Layer
{
    Tensor? predictions;
    Tensor? targets;
    Tensor? weights;
    Tensor? sampleLosses;

    /// <summary>Each sample's mean squared error of the last forward pass, without its weight, <c>[N]</c>, on the device: for figures of the loss by noise level.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass.</exception>
    public Tensor SampleLosses => sampleLosses ?? throw new InvalidOperationException("there was no forward pass");

    /// <summary>The loss, one element.</summary>
    /// <param name="context">The step.</param>
    /// <param name="predictions">Of the model, <c>[N, ...]</c>.</param>
    /// <param name="targets">What they should be, of the same shape.</param>
    /// <param name="weights">Of each sample, <c>[N]</c>.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or there are no elements.</exception>
    public Tensor Forward(Context context, Tensor predictions, Tensor targets, Tensor weights)
    {
        BeginForward(context);
        (this.predictions, this.targets, this.weights) = (predictions, targets, weights);
        int samples = predictions.Shape.Rank == 0 ? 0 : predictions.Shape[0];
        Tensor loss = context.Allocate(1), losses = sampleLosses = context.Allocate(samples);
        Tensor partials = context.Workspace(samples == 0 ? 0 : WeightedSquaredErrorOp.Partials(samples, predictions.Length / samples));
        WeightedSquaredErrorOp.Forward(context.Stream, predictions, targets, weights, partials, losses, loss, 1f / samples);
        context.Release(partials);
        return EndForward(context, loss);
    }

    /// <summary>The gradient of the predictions.</summary>
    /// <param name="context">The step.</param>
    /// <param name="scale">The gradient of the loss.</param>
    public Tensor Backward(Context context, float scale = 1f)
    {
        BeginBackward();
        Tensor gradient = context.Allocate(predictions!.Shape);
        WeightedSquaredErrorOp.Backward(context.Stream, predictions, targets!, weights!, scale / predictions.Shape[0], gradient);
        return EndBackward(context, gradient);
    }
}
