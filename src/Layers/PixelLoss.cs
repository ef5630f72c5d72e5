namespace Dalle2.Layers;

/// <summary>
/// A loss between predictions <c>[B, ...]</c> and targets of the same shape: summed over everything but the first axis, averaged over it,
/// so that its weight against a divergence of a latent does not change with the batch. It stays on the device, a tensor of one element.
/// </summary>
public abstract class PixelLoss : Layer
{
    Tensor? predictions;
    Tensor? targets;

    private protected PixelLoss()
    {
    }

    /// <summary>The loss, one element.</summary>
    /// <exception cref="ArgumentException">The shapes differ, or there are no elements.</exception>
    public Tensor Forward(Context context, Tensor predictions, Tensor targets)
    {
        if (predictions.Shape != targets.Shape || predictions.Length == 0)
            throw new ArgumentException($"{GetType().Name}: targets {targets.Shape} do not fit predictions {predictions.Shape}");
        BeginForward(context);
        (this.predictions, this.targets) = (predictions, targets);
        Tensor partials = context.Allocate(ReductionOp.Partials(predictions.Length)), loss = context.Allocate(1);
        Compute(context.Stream, predictions, targets, partials, loss, 1f / Batch(predictions));
        return EndForward(context, loss);
    }

    /// <summary>The gradient of the predictions.</summary>
    /// <param name="context">The step.</param>
    /// <param name="scale">The gradient of the loss.</param>
    public Tensor Backward(Context context, float scale = 1f)
    {
        BeginBackward();
        Tensor gradient = context.Allocate(predictions!.Shape);
        Differentiate(context.Stream, predictions, targets!, scale / Batch(predictions), gradient);
        return EndBackward(context, gradient);
    }

    private protected abstract void Compute(Stream stream, Tensor predictions, Tensor targets, Tensor partials, Tensor loss, float scale);

    private protected abstract void Differentiate(Stream stream, Tensor predictions, Tensor targets, float scale, Tensor gradient);

    static int Batch(Tensor x) => x.Shape.Rank == 0 ? 1 : x.Shape[0];
}
