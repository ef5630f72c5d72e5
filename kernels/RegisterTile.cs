// The tile that matrix products and convolutions share:  sums[i, j] += sum over k of left[i, k] * right[k, j]
//   left is 12 rows in shared memory, right 32 columns in shared memory, k at most 128 at a time
//   sums are 12 x 2 a thread, in registers: a group of 16 threads lies along the columns, thread t has the columns t and t + 16
// One chain of fused multiply-adds over k in rising order; between two pieces of k the sums wait in the result's own memory.
namespace Dalle2.Kernels;

/// <summary>The inner part of matrix products and convolutions.</summary>
static class RegisterTile
{
    /// <summary>Threads of a group.</summary>
    public const int Threads = 16;

    /// <summary>Columns of one thread.</summary>
    public const int ThreadColumns = 2;

    /// <summary>Columns of a group. With the rows they fill the 32 registers of a vector unit but for what is being multiplied.</summary>
    public const int Columns = Threads * ThreadColumns;

    /// <summary>Rows of a tile.</summary>
    public const int Rows = 12;

    /// <summary>How much of k is in shared memory at a time: 16 KiB of the right side and 6 KiB of the left, which stay in a core's first cache.</summary>
    public const int Depth = 128;

    /// <summary>Elements of shared memory for the left side, by rows (<c>[12, Depth]</c>) or by k (<c>[Depth, 16]</c>).</summary>
    public const int LeftLength = Depth * 16;

    /// <summary>Elements of shared memory for the right side, <c>[Depth, 32]</c>.</summary>
    public const int RightLength = Depth * Columns;

    const int Unroll = 4;

    /// <summary>The sums so far: those of the result, or zeros. Rows are where each row's first column lies; a thread's columns past the end are zeros.</summary>
    public static void Begin(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> rows, int col, int cols, bool fromZero)
    {
        for (int i = 0; i < Rows * ThreadColumns; i++)
            sums[i] = 0f;
        if (fromZero)
            return;
        for (int j = 0; j < ThreadColumns; j++)
        {
            if (col + j * Threads < cols)
            {
                for (int i = 0; i < Rows; i++)
                    sums[i * ThreadColumns + j] = result[rows[i] + col + j * Threads];
            }
        }
    }

    /// <summary>Adds the products over <paramref name="depth"/> values of k.</summary>
    /// <param name="sums">The thread's sums.</param>
    /// <param name="left">Shared; element (i, k) lies at <c>i * rowStep + k * step</c>.</param>
    /// <param name="rowStep">A constant.</param>
    /// <param name="step">A constant.</param>
    /// <param name="right">Shared, <c>[depth, 32]</c>.</param>
    /// <param name="depth">How much of k.</param>
    public static void Add(ArrayView<float> sums, ArrayView<float> left, int rowStep, int step, ArrayView<float> right, int depth)
    {
        int k = 0;
        for (; k + Unroll <= depth; k += Unroll)
        {
            for (int u = 0; u < Unroll; u++)
                AddOuterProduct(sums, left, rowStep, (k + u) * step, right, k + u);
        }

        for (; k < depth; k++)
            AddOuterProduct(sums, left, rowStep, k * step, right, k);
    }

    /// <summary>Writes the sums of the first <paramref name="count"/> rows.</summary>
    public static void End(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> rows, int count, int col, int cols)
    {
        for (int j = 0; j < ThreadColumns; j++)
        {
            if (col + j * Threads < cols)
            {
                for (int i = 0; i < Rows; i++)
                {
                    if (i < count)
                        result[rows[i] + col + j * Threads] = sums[i * ThreadColumns + j];
                }
            }
        }
    }

    /// <summary>Copies rows of 32 columns to the right side, columns past the end as zeros.</summary>
    /// <param name="right">Shared, <c>[depth, 32]</c>.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="start">The first row's first column of all.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="step">From one column to the next.</param>
    /// <param name="depth">The rows.</param>
    /// <param name="col">The group's first column.</param>
    /// <param name="cols">All columns.</param>
    public static void CopyRight(ArrayView<float> right, ArrayView<float> source, int start, int stride, int step, int depth, int col, int cols)
    {
        int thread = Group.IdxX;
        if (col + Columns <= cols && step == 1)
        {
            for (int k = 0; k < depth; k++)
            {
                for (int j = 0; j < ThreadColumns; j++)
                    right[k * Columns + thread + j * Threads] = source[start + k * stride + col + thread + j * Threads];
            }

            return;
        }

        for (int k = 0; k < depth; k++)
        {
            for (int j = 0; j < ThreadColumns; j++)
            {
                int at = col + thread + j * Threads;
                right[k * Columns + thread + j * Threads] = at < cols ? source[start + k * stride + at * step] : 0f;
            }
        }
    }

    /// <summary>Copies neighbouring values, with zeros for those outside of <paramref name="first"/> (inclusive) to <paramref name="end"/>.</summary>
    /// <param name="target">Shared.</param>
    /// <param name="to">Where the first value goes.</param>
    /// <param name="source">Where the values come from.</param>
    /// <param name="from">Where the first value lies; this and the next ones may lie outside.</param>
    /// <param name="count">How many.</param>
    /// <param name="first">The first place that counts.</param>
    /// <param name="end">Behind the last place that counts.</param>
    public static void CopyRun(ArrayView<float> target, int to, ArrayView<float> source, int from, int count, int first, int end)
    {
        int thread = Group.IdxX, e = 0;
        if (from >= first && from + count <= end)
        {
            for (; e + Threads <= count; e += Threads)
                target[to + e + thread] = source[from + e + thread];
        }

        for (; e < count; e += Threads)
        {
            int at = from + e + thread;
            if (e + thread < count)
                target[to + e + thread] = at >= first && at < end ? source[at] : 0f;
        }
    }

    static void AddOuterProduct(ArrayView<float> sums, ArrayView<float> left, int rowStep, int leftAt, ArrayView<float> right, int k)
    {
        ArrayView<float> row = LocalMemory.Allocate<float>(ThreadColumns);
        for (int j = 0; j < ThreadColumns; j++)
            row[j] = right[k * Columns + Group.IdxX + j * Threads];
        for (int i = 0; i < Rows; i++)
        {
            float value = left[i * rowStep + leftAt];
            for (int j = 0; j < ThreadColumns; j++)
                sums[i * ThreadColumns + j] = Fused.MultiplyAdd(value, row[j], sums[i * ThreadColumns + j]);
        }
    }
}
