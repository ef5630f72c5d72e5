// Softmax cross-entropy with class targets:  loss = average over counted rows of  lse - x[target],   lse = log(sum over classes of exp(x))
//   x, dx [rows, classes]   target [rows]; a target of -1 (padding) is not counted   lse [rows]   stats [3, rows]   totals [3]
//   stats and totals: loss, counted, correct (1 where the first largest logit is the target's)
// Backward:  dx = scale / max(counted, 1) * (exp(x - lse) - [class = target]), zero in rows that are not counted   (written, =)
namespace Dalle2.Kernels;

/// <summary>Softmax cross-entropy of rows of logits with one right class each.</summary>
public static class SoftmaxCrossEntropyOp
{
    const int Run = 64;

    /// <summary>Per row: the loss, whether it counts, whether it is right, and the log of the summed exponentials.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="logits">x.</param>
    /// <param name="targets">The right class of each row, or -1. Any other number outside of the classes gives a loss of NaN.</param>
    /// <param name="stats">Written: three rows of one value per row of x.</param>
    /// <param name="logSums">lse, written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor logits, IntTensor targets, Tensor stats, Tensor logSums)
    {
        Require(logits, targets, logSums);
        if (stats.Length != 3 * logits.Rows)
            throw new ArgumentException($"the statistics of {logits.Rows} rows are [3, {logits.Rows}], not {stats.Shape}");
        stream.Launch(RowKernel, logits.Rows, logits.View, targets.View, stats.View, logSums.View, logits.Rows, logits.Cols);
    }

    /// <summary>From the sums of the statistics: the mean loss over counted rows, 0 if there is none.</summary>
    public static void Mean(Stream stream, Tensor totals, Tensor loss) => stream.Launch(MeanKernel, 1, totals.View, loss.View);

    /// <summary>The gradient of the logits.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="logits">x.</param>
    /// <param name="targets">The right classes.</param>
    /// <param name="logSums">What Forward wrote.</param>
    /// <param name="totals">The sums of the statistics.</param>
    /// <param name="scale">The gradient of the loss.</param>
    /// <param name="dlogits">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor logits, IntTensor targets, Tensor logSums, Tensor totals, float scale, Tensor dlogits)
    {
        Require(logits, targets, logSums);
        stream.Launch(BackwardKernel, logits.Length, logits.View, targets.View, logSums.View, totals.View, scale, dlogits.View, logits.Cols);
    }

    static void Require(Tensor logits, IntTensor targets, Tensor logSums)
    {
        if (logits.Cols < 1 || targets.Length != logits.Rows || logSums.Length != logits.Rows)
            throw new ArgumentException($"{targets.Length} targets do not fit logits of {logits.Shape}: one for each row");
    }

    // One thread per row; exponentials are added in runs of 64 columns.
    static void RowKernel(Index1D row, ArrayView<float> x, ArrayView<int> targets, ArrayView<float> stats, ArrayView<float> logSums, int rows, int cols)
    {
        int first = row * cols;
        float largest = x[first];
        int best = 0;
        for (int c = 1; c < cols; c++)
        {
            float value = x[first + c];
            best = value > largest ? c : best;
            largest = XMath.Max(value, largest);
        }

        float total = 0f;
        for (int start = 0; start < cols; start += Run)
        {
            float sum = 0f;
            int end = IntrinsicMath.Min(start + Run, cols);
            for (int c = start; c < end; c++)
                sum += XMath.Exp(x[first + c] - largest);
            total += sum;
        }

        float logSum = XMath.Log(total);
        int target = targets[row];
        // A class that does not exist must not pass unseen.
        float loss = float.NaN;
        if (target >= 0 && target < cols)
            loss = logSum - (x[first + target] - largest);
        stats[row] = target == -1 ? 0f : loss;
        stats[rows + row] = target == -1 ? 0f : 1f;
        stats[2 * rows + row] = target == best ? 1f : 0f;
        logSums[row] = logSum + largest;
    }

    // One thread.
    static void MeanKernel(Index1D index, ArrayView<float> totals, ArrayView<float> loss) =>
        loss[index] = totals[0] / XMath.Max(totals[1], 1f);

    // One thread per logit.
    static void BackwardKernel(
        Index1D i, ArrayView<float> x, ArrayView<int> targets, ArrayView<float> logSums, ArrayView<float> totals, float scale, ArrayView<float> dx, int cols)
    {
        int row = i / cols;
        int target = targets[row];
        float p = XMath.Exp(x[i] - logSums[row]);
        float gradient = i - row * cols == target ? p - 1f : p;
        dx[i] = target == -1 ? 0f : scale / XMath.Max(totals[1], 1f) * gradient;
    }
}
