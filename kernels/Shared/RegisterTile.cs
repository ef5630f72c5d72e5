// The tile that matrix products and convolutions share:  sums[i, j] += sum over k of left[i, k] * right[k, j]
//   left is 8 rows, right 32 columns that lie one k behind the other; both are close by, in shared memory as a rule
//   sums are 8 x 2 a thread, in registers: a group's threads lie along the columns, thread t of T has the columns t and t + T
//   T is what the device prefers, a power of two, at most 16: so many threads fill a vector unit; no bit depends on it
//   where T is 8, half of the rows at a time: vectors of eight lanes have sixteen registers, which all sums would not fit into
// One chain of fused multiply-adds over k in rising order; between two pieces of k the sums wait in the result's own memory.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>The inner part of matrix products and convolutions.</summary>
static class RegisterTile
{
    /// <summary>The most threads of a group.</summary>
    public const int MaxThreads = 16;

    /// <summary>Columns of one thread.</summary>
    public const int ThreadColumns = 2;

    /// <summary>Rows of a tile: enough chains to hide the latency of a multiply-add, and a divisor of the usual batches and channels.</summary>
    public const int Rows = 8;

    /// <summary>From one k to the next of the right side.</summary>
    public const int RightStep = MaxThreads * ThreadColumns;

    const int Unroll = 4;

    // Where a tile's sums are too many for the registers, and the rows that are taken at a time then.
    const int NarrowThreads = 8, NarrowRows = Rows / 2;

    /// <summary>Columns of a group, in a kernel.</summary>
    public static int Columns => Group.DimX * ThreadColumns;

    /// <summary>Threads of a group on a device.</summary>
    public static int Threads(Device device) => IntrinsicMath.Min(device.Properties.Width, MaxThreads);

    /// <summary>The sums so far: those of the result, or zeros. Rows are where each row's first column lies; a thread's columns past the end are zeros.</summary>
    public static void Begin(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> rows, int firstCol, int cols, bool fromZero)
    {
        int thread = Group.IdxX;
        for (int i = 0; i < Rows * ThreadColumns; i++)
            sums[i] = 0f;
        if (fromZero)
            return;
        bool isWhole = firstCol + Columns <= cols;
        for (int j = 0; j < ThreadColumns; j++)
        {
            for (int i = 0; i < Rows; i++)
            {
                if (isWhole)
                    sums[i * ThreadColumns + j] = result[rows[i] + firstCol + thread + j * Group.DimX];
                else if (firstCol + thread + j * Group.DimX < cols)
                    sums[i * ThreadColumns + j] = result[rows[i] + firstCol + thread + j * Group.DimX];
            }
        }
    }

    /// <summary>Adds the products over <paramref name="depth"/> values of k.</summary>
    /// <param name="sums">The thread's sums.</param>
    /// <param name="left">The left side; element (i, k) lies at <c>leftStart + i * rowStep + k * step</c>.</param>
    /// <param name="leftStart">Where its tile begins.</param>
    /// <param name="rowStep">A constant.</param>
    /// <param name="step">A constant.</param>
    /// <param name="right">The right side, <c>[depth, 32]</c>.</param>
    /// <param name="rightStart">Where it begins.</param>
    /// <param name="depth">How much of k.</param>
    /// <param name="columns">How many of a thread's columns have a sum that anybody wants: a constant.</param>
    public static void Add(
        ArrayView<float> sums, ArrayView<float> left, int leftStart, int rowStep, int step, ArrayView<float> right, int rightStart,
        int depth, int columns = ThreadColumns)
    {
        if (Group.DimX != NarrowThreads)
        {
            AddRows(sums, left, leftStart, rowStep, step, right, rightStart, depth, columns, 0, Rows);
            return;
        }

        AddRows(sums, left, leftStart, rowStep, step, right, rightStart, depth, columns, 0, NarrowRows);
        AddRows(sums, left, leftStart, rowStep, step, right, rightStart, depth, columns, NarrowRows, Rows);
    }

    /// <summary>The same where the rows of the left side lie anywhere; element (i, k) lies at <c>leftRows[i] + leftStart + k * step</c>.</summary>
    public static void Add(ArrayView<float> sums, ArrayView<float> left, ArrayView<int> leftRows, int leftStart, int step,
        ArrayView<float> right, int rightStart, int depth)
    {
        if (Group.DimX != NarrowThreads)
        {
            AddRows(sums, left, leftRows, leftStart, step, right, rightStart, depth, 0, Rows);
            return;
        }

        AddRows(sums, left, leftRows, leftStart, step, right, rightStart, depth, 0, NarrowRows);
        AddRows(sums, left, leftRows, leftStart, step, right, rightStart, depth, NarrowRows, Rows);
    }

    /// <summary>Writes the sums of the first <paramref name="count"/> rows, of so many of a thread's columns, a constant.</summary>
    public static void End(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> rows, int count, int firstCol, int cols,
        int columns = ThreadColumns)
    {
        int thread = Group.IdxX;
        if (firstCol + columns * Group.DimX <= cols && count >= Rows)
        {
            for (int i = 0; i < Rows; i++)
            {
                for (int j = 0; j < columns; j++)
                    result[rows[i] + firstCol + thread + j * Group.DimX] = sums[i * ThreadColumns + j];
            }

            return;
        }

        for (int j = 0; j < columns; j++)
        {
            if (firstCol + thread + j * Group.DimX < cols)
            {
                for (int i = 0; i < Rows; i++)
                {
                    if (i < count)
                        result[rows[i] + firstCol + thread + j * Group.DimX] = sums[i * ThreadColumns + j];
                }
            }
        }
    }

    /// <summary>Copies neighboring values, with zeros for those outside of <paramref name="first"/> (inclusive) to <paramref name="end"/>.</summary>
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
            for (; e + Group.DimX <= count; e += Group.DimX)
                target[to + e + thread] = source[from + e + thread];
        }

        for (; e < count; e += Group.DimX)
        {
            int at = from + e + thread;
            if (e + thread < count)
                target[to + e + thread] = at >= first && at < end ? source[at] : 0f;
        }
    }

    // The rows from the first one to before the end, both constants.
    static void AddRows(ArrayView<float> sums, ArrayView<float> left, int leftStart, int rowStep, int step, ArrayView<float> right,
        int rightStart, int depth, int columns, int firstRow, int endRow)
    {
        int k = 0;
        for (; k + Unroll <= depth; k += Unroll)
        {
            for (int u = 0; u < Unroll; u++)
            {
                AddOuterProduct(
                    sums, left, leftStart + (k + u) * step, rowStep, right, rightStart + (k + u) * RightStep, columns, firstRow, endRow);
            }
        }

        for (; k < depth; k++)
            AddOuterProduct(sums, left, leftStart + k * step, rowStep, right, rightStart + k * RightStep, columns, firstRow, endRow);
    }

    static void AddRows(ArrayView<float> sums, ArrayView<float> left, ArrayView<int> leftRows, int leftStart, int step,
        ArrayView<float> right, int rightStart, int depth, int firstRow, int endRow)
    {
        for (int k = 0; k < depth; k++)
        {
            ArrayView<float> row = LocalMemory.Allocate<float>(ThreadColumns);
            for (int j = 0; j < ThreadColumns; j++)
                row[j] = right[rightStart + k * RightStep + Group.IdxX + j * Group.DimX];
            for (int i = firstRow; i < endRow; i++)
            {
                float value = left[leftRows[i] + (leftStart + k * step)];
                for (int j = 0; j < ThreadColumns; j++)
                    sums[i * ThreadColumns + j] = Fused.MultiplyAdd(value, row[j], sums[i * ThreadColumns + j]);
            }
        }
    }

    static void AddOuterProduct(ArrayView<float> sums, ArrayView<float> left, int leftAt, int rowStep, ArrayView<float> right, int rightAt,
        int columns, int firstRow, int endRow)
    {
        ArrayView<float> row = LocalMemory.Allocate<float>(ThreadColumns);
        for (int j = 0; j < columns; j++)
            row[j] = right[rightAt + Group.IdxX + j * Group.DimX];
        for (int i = firstRow; i < endRow; i++)
        {
            float value = left[leftAt + i * rowStep];
            for (int j = 0; j < columns; j++)
                sums[i * ThreadColumns + j] = Fused.MultiplyAdd(value, row[j], sums[i * ThreadColumns + j]);
        }
    }
}
