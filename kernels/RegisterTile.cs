// The tile that matrix products and convolutions share:  sums[i, j] += sum over k of left[i, k] * right[k, j]
//   left is 12 rows in shared memory, right 32 columns in shared memory, k at most 256 at a time
//   sums are 12 x 2 a thread, in registers: a group's threads lie along the columns, thread t of T has the columns t and t + T
//   T is what the device prefers, at most 16: so many threads fill a vector unit; no bit depends on it
// One chain of fused multiply-adds over k in rising order; between two pieces of k the sums wait in the result's own memory.
namespace Dalle2.Kernels;

/// <summary>The inner part of matrix products and convolutions.</summary>
static class RegisterTile
{
    /// <summary>The most threads of a group.</summary>
    public const int MaxThreads = 16;

    /// <summary>Columns of one thread.</summary>
    public const int ThreadColumns = 2;

    /// <summary>Columns of a group, in a kernel.</summary>
    public static int Columns => Group.DimX * ThreadColumns;

    /// <summary>Rows of a tile. With two columns they fill the 32 registers of a vector unit but for what is being multiplied.</summary>
    public const int Rows = 12;

    /// <summary>How much of k is in shared memory at a time: 32 KiB of the right side and 16 KiB of the left, what a group may have everywhere.</summary>
    public const int Depth = 256;

    /// <summary>Elements of shared memory for the left side, by rows (<c>[12, Depth]</c>) or by k (<c>[Depth, 16]</c>).</summary>
    public const int LeftLength = Depth * 16;

    /// <summary>Elements of shared memory for the right side, <c>[Depth, 32]</c>.</summary>
    public const int RightLength = Depth * MaxThreads * ThreadColumns;

    const int Unroll = 4;

    /// <summary>Groups of as many threads as the device prefers: along x for the columns, along y for tiles of rows.</summary>
    public static KernelConfig Groups(Stream stream, int columns, int rows, int tiles, int products = 1)
    {
        int threads = IntrinsicMath.Min(stream.Device.GroupThreads, MaxThreads);
        return new KernelConfig(
            new Index3D(IntrinsicMath.DivRoundUp(columns, threads * ThreadColumns), IntrinsicMath.DivRoundUp(rows, Rows * tiles), products),
            new Index3D(threads, 1, 1));
    }

    /// <summary>The sums so far: those of the result, or zeros. Rows are where each row's first column lies; a thread's columns past the end are zeros.</summary>
    public static void Begin(ArrayView<float> sums, ArrayView<float> result, ArrayView<int> rows, int col, int cols, bool fromZero)
    {
        for (int i = 0; i < Rows * ThreadColumns; i++)
            sums[i] = 0f;
        if (fromZero)
            return;
        for (int j = 0; j < ThreadColumns; j++)
        {
            if (col + j * Group.DimX < cols)
            {
                for (int i = 0; i < Rows; i++)
                    sums[i * ThreadColumns + j] = result[rows[i] + col + j * Group.DimX];
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
            if (col + j * Group.DimX < cols)
            {
                for (int i = 0; i < Rows; i++)
                {
                    if (i < count)
                        result[rows[i] + col + j * Group.DimX] = sums[i * ThreadColumns + j];
                }
            }
        }
    }

    /// <summary>Copies rows of 32 columns to the right side, columns past the end as zeros.</summary>
    /// <param name="right">Shared, <c>[depth, 32]</c>.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="start">The first row's first column of all.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="depth">The rows.</param>
    /// <param name="col">The group's first column.</param>
    /// <param name="cols">All columns.</param>
    public static void CopyRight(ArrayView<float> right, ArrayView<float> source, int start, int stride, int depth, int col, int cols)
    {
        int thread = Group.IdxX;
        if (col + Columns <= cols)
        {
            for (int k = 0; k < depth; k++)
            {
                for (int j = 0; j < ThreadColumns; j++)
                    right[k * Columns + thread + j * Group.DimX] = source[start + k * stride + col + thread + j * Group.DimX];
            }

            return;
        }

        for (int k = 0; k < depth; k++)
        {
            for (int j = 0; j < ThreadColumns; j++)
            {
                int at = col + thread + j * Group.DimX;
                right[k * Columns + thread + j * Group.DimX] = at < cols ? source[start + k * stride + at] : 0f;
            }
        }
    }

    /// <summary>Copies 32 rows to the columns of the right side, rows past the end as zeros: reads along the rows, and turns them while writing.</summary>
    /// <param name="right">Shared, <c>[depth, 32]</c>.</param>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="start">The first of all rows' first value.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="depth">How many values of each row.</param>
    /// <param name="row">The group's first row.</param>
    /// <param name="rows">All rows.</param>
    public static void CopyRightTransposed(ArrayView<float> right, ArrayView<float> source, int start, int stride, int depth, int row, int rows)
    {
        int thread = Group.IdxX;
        for (int c = 0; c < Columns; c++)
        {
            int from = start + (row + c) * stride, k = 0;
            if (row + c < rows)
            {
                for (; k + Group.DimX <= depth; k += Group.DimX)
                    right[(k + thread) * Columns + c] = source[from + k + thread];
                if (k + thread < depth)
                    right[(k + thread) * Columns + c] = source[from + k + thread];
                continue;
            }

            for (; k < depth; k += Group.DimX)
            {
                if (k + thread < depth)
                    right[(k + thread) * Columns + c] = 0f;
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

    static void AddOuterProduct(ArrayView<float> sums, ArrayView<float> left, int rowStep, int leftAt, ArrayView<float> right, int k)
    {
        ArrayView<float> row = LocalMemory.Allocate<float>(ThreadColumns);
        for (int j = 0; j < ThreadColumns; j++)
            row[j] = right[k * Columns + Group.IdxX + j * Group.DimX];
        for (int i = 0; i < Rows; i++)
        {
            float value = left[i * rowStep + leftAt];
            for (int j = 0; j < ThreadColumns; j++)
                sums[i * ThreadColumns + j] = Fused.MultiplyAdd(value, row[j], sums[i * ThreadColumns + j]);
        }
    }
}
