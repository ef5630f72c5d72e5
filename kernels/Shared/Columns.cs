// How a group of threads goes down the columns of a matrix:  a block of 256 columns, over some rows, neighboring threads on neighboring columns.
// A group has as many threads as the device prefers, at most 64: thread t of T has the columns t, t + T, ... of the block, each with a state in registers
// that takes the rows in rising order. No bit depends on T. On cards a block has 64 columns, one of each thread, so that there are more groups.
// The block goes down in strips, as wide as their states fit into a processor's registers: states that do not are kept on the stack, which nothing aligns to a line
// of the cache, so that each of their accesses would take as long as two, or not, from one process to the next.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>What is done down a column. The first argument numbers the thread's columns, and is where its local arrays hold what belongs to that column.</summary>
interface IColumn
{
    /// <summary>Columns that go down together: <see cref="Columns.Block"/> of one state each, <see cref="Columns.Half"/> of two or three, <see cref="Columns.Narrow"/> of more. A constant.</summary>
    int Strip { get; }

    void Begin(int own, int col);

    void Row(int own, int row, int col);

    void End(int own, int col);
}

/// <summary>Columns of a matrix over the threads of groups, in chunks of rows.</summary>
static class Columns
{
    /// <summary>The columns of a group, and so the most of one thread: the extent of its local arrays.</summary>
    public const int Block = 256;

    /// <summary>Columns whose states, two or three each, a processor's registers hold.</summary>
    public const int Half = Block / 2;

    /// <summary>The same of four or more states.</summary>
    public const int Narrow = 64;

    /// <summary>Rows of a chunk, where nothing else decides it.</summary>
    public const int ChunkRows = 64;

    // Cards want two warps, a column for each thread; the narrowest strip has so many.
    const int CardThreads = Narrow;

    // Columns of the groups that there are in a kernel.
    static int GroupColumns => Group.DimX == CardThreads ? CardThreads : Block;

    /// <summary>How many chunks that many rows have.</summary>
    public static int Chunks(int rows) => IntrinsicMath.DivRoundUp(rows, ChunkRows);

    /// <summary>A launch of groups: along x blocks of columns, along y chunks of rows.</summary>
    public static KernelConfig Groups(Stream stream, int cols, int chunks) => new(
        new Index3D(IntrinsicMath.DivRoundUp(cols, stream.Device.Properties.HoldsManyThreads ? CardThreads : Block), chunks, 1),
        new Index3D(stream.Device.Properties.HoldsManyThreads ? CardThreads : stream.Device.Properties.Width, 1, 1));

    /// <summary>The rows from <paramref name="first"/> up to <paramref name="end"/> of the group's columns.</summary>
    public static void Walk<T>(T column, int first, int end, int cols)
        where T : struct, IColumn
    {
        int start = Grid.IdxX * GroupColumns, stop = IntrinsicMath.Min(start + GroupColumns, cols);
        for (; start + column.Strip <= stop; start += column.Strip)
            Strip(column, start, column.Strip, first, end);
        for (; start + Narrow <= stop; start += Narrow)
            Strip(column, start, Narrow, first, end);
        for (int col = start + Group.IdxX; start < stop; start += Group.DimX, col += Group.DimX)
        {
            if (col < stop)
            {
                column.Begin(0, col);
                for (int row = first; row < end; row++)
                    column.Row(0, row, col);
                column.End(0, col);
            }
        }
    }

    static void Strip<T>(T column, int start, int count, int first, int end)
        where T : struct, IColumn
    {
        for (int k = 0; k < count / Group.DimX; k++)
            column.Begin(k, start + k * Group.DimX + Group.IdxX);
        for (int row = first; row < end; row++)
        {
            for (int k = 0; k < count / Group.DimX; k++)
                column.Row(k, row, start + k * Group.DimX + Group.IdxX);
        }

        for (int k = 0; k < count / Group.DimX; k++)
            column.End(k, start + k * Group.DimX + Group.IdxX);
    }
}
