namespace Dalle2.Layers;

/// <summary>
/// Softmax cross-entropy: the mean over the rows that count of <c>-log softmax(logits)[target]</c>. Logits <c>[..., classes]</c>, one target
/// per row; a row with the target -1 (padding) does not count. Losses stay on the device, as tensors of one element.
/// </summary>
public sealed class SoftmaxCrossEntropy : Layer
{
    /// <summary>The target of a row that does not count.</summary>
    public const int Ignored = -1;

    Tensor? logits;
    IntTensor? targets;
    Tensor? logSums;
    Tensor? totals;

    /// <summary>How many rows counted, one element; of the last forward pass.</summary>
    public Tensor Counted => Totals.Slice(1, 1);

    /// <summary>In how many counted rows the first largest logit was the target's, one element; of the last forward pass.</summary>
    public Tensor Correct => Totals.Slice(2, 1);

    Tensor Totals => totals ?? throw new InvalidOperationException($"{Name}: there was no forward pass yet");

    /// <summary>The mean loss, one element; 0 if no row counts.</summary>
    /// <param name="context">The step.</param>
    /// <param name="logits">The logits <c>[..., classes]</c>.</param>
    /// <param name="targets">The right class of each row, or <see cref="Ignored"/>; any other number outside of the classes makes the loss NaN.</param>
    /// <exception cref="ArgumentException">There is not one target for each row.</exception>
    public Tensor Forward(Context context, Tensor logits, IntTensor targets)
    {
        BeginForward(context);
        Stream stream = context.Stream;
        int rows = logits.Rows;
        (this.logits, this.targets) = (logits, targets);
        logSums = context.Allocate(rows);
        totals = context.Allocate(3);
        Tensor stats = context.Allocate(3, rows), partials = context.Allocate(ReductionOp.Partials(rows)), loss = context.Allocate(1);
        SoftmaxCrossEntropyOp.Forward(stream, logits, targets, stats, logSums);
        for (int i = 0; i < 3; i++)
            ReductionOp.Sum(stream, stats.At(i), partials, totals.Slice(i, 1));
        SoftmaxCrossEntropyOp.Mean(stream, totals, loss);
        return EndForward(context, loss);
    }

    /// <summary>The gradient of the logits.</summary>
    /// <param name="context">The step.</param>
    /// <param name="scale">The gradient of the loss.</param>
    public Tensor Backward(Context context, float scale = 1f)
    {
        BeginBackward();
        Tensor dlogits = context.Allocate(logits!.Shape);
        SoftmaxCrossEntropyOp.Backward(context.Stream, logits, targets!, logSums!, totals!, scale, dlogits);
        return EndBackward(context, dlogits);
    }
}
