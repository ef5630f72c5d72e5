// Softmax cross-entropy with class targets:  loss = average over counted rows of  lse - x[target],   lse = log(sum over classes of exp(x))
//   x, dx [rows, classes]   target [rows]; a target of -1 (padding) is not counted   lse [rows]   stats [3, rows]   totals [3]
//   stats and totals: loss, counted, correct (1 where the first largest logit is the target's)      sums over a row: see Lanes.cs
// Backward:  dx = scale / max(counted, 1) * (exp(x - lse) - [class = target]), zero in rows that are not counted   (written, =)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Softmax cross-entropy of rows of logits with one right class each.</summary>
public static class SoftmaxCrossEntropyOp
{
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
        stream.Launch(RowKernel, Lanes.Groups(stream, logits.Rows), logits.View, targets.View, stats.View, logSums.View, logits.Rows,
            logits.Cols);
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
        stream.Launch(BackwardKernel, Lanes.Groups(stream, logits.Rows), logits.View, targets.View, logSums.View, totals.View, scale,
            dlogits.View, logits.Cols);
    }

    static void Require(Tensor logits, IntTensor targets, Tensor logSums)
    {
        if (logits.Cols < 1 || targets.Length != logits.Rows || logSums.Length != logits.Rows)
            throw new ArgumentException($"{targets.Length} targets do not fit logits of {logits.Shape}: one for each row");
    }

    // One group per row, which stays in the cache.
    static void RowKernel(ArrayView<float> x, ArrayView<int> targets, ArrayView<float> stats, ArrayView<float> logSums, int rows, int cols)
    {
        int row = Grid.IdxX, first = row * cols, target = targets[row];
        float largest = Lanes.Max(x, first, first + cols);
        float logSum = StrictMath.Log(Lanes.SumOfFunctions(new Exponential(x, first, largest), 0, cols));
        // A class that does not exist must not pass unseen.
        float loss = float.NaN, correct = 0f;
        if (target >= 0 && target < cols)
        {
            loss = logSum - (x[first + target] - largest);
            if (x[first + target] == largest)
                correct = Lanes.Sum(new IsLargest(x, first, largest), 0, target) == 0f ? 1f : 0f;
        }

        stats[row] = target == -1 ? 0f : loss;
        stats[rows + row] = target == -1 ? 0f : 1f;
        stats[2 * rows + row] = correct;
        logSums[row] = logSum + largest;
    }

    // One thread.
    static void MeanKernel(Index1D index, ArrayView<float> totals, ArrayView<float> loss) =>
        loss[index] = totals[0] / StrictMath.Max(totals[1], 1f);

    // One group per row.
    static void BackwardKernel(
        ArrayView<float> x, ArrayView<int> targets, ArrayView<float> logSums, ArrayView<float> totals, float scale, ArrayView<float> dx,
        int cols)
    {
        int row = Grid.IdxX, target = targets[row];
        float factor = target == -1 ? 0f : scale / StrictMath.Max(totals[1], 1f);
        Lanes.ForEach(new Differentiate(x, dx, row * cols, target, logSums[row], factor), 0, cols);
    }

    readonly record struct Exponential(ArrayView<float> X, int First, float Largest) : IFunctionTerm
    {
        public float Value(int at) => StrictMath.Exp(X[First + at] - Largest);
    }

    readonly record struct IsLargest(ArrayView<float> X, int First, float Largest) : ITerm
    {
        public float Add(float sum, int at) => X[First + at] == Largest ? sum + 1f : sum;
    }

    readonly record struct Differentiate(ArrayView<float> X, ArrayView<float> Dx, int First, int Target, float LogSum, float Factor)
        : IElement
    {
        public void Do(int at)
        {
            float p = StrictMath.Exp(X[First + at] - LogSum);
            float gradient = Factor * (at == Target ? p - 1f : p);
            // Whatever the logits of a row that is not counted are.
            Dx[First + at] = Target == -1 ? 0f : gradient;
        }
    }
}
