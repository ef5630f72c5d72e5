// Sums over rows in two levels:  partial[chunk, col] = sum over the chunk's rows of x[row, col],  total[col] += sum over the chunks of partial[chunk, col]
//   x [rows, cols]   partial [chunks, cols]   total [cols]
//   First level: chunks of 64 rows in rising order, see Columns.cs. Second level: chunks 0, 1, 2, 3 modulo 4 have a sum each, and those are added.
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>What is summed down the columns of a matrix.</summary>
interface IColumnTerm
{
    /// <summary>The term of the element at a place of the matrix; asked for once each.</summary>
    float Take(int at);
}

/// <summary>Sums over the rows of matrices.</summary>
static class ColumnSumOp
{
    const int Chains = 4;

    // On a card, columns of a group of the first level, and its threads, which share the terms of its chunk.
    const int ChunkColumns = 32, ChunkThreads = 256;

    // On a card, from how many chunks on a group shares its columns' sums, its columns, chunks that it copies at a time, and those of them that its threads copy at once.
    const int ManyChunks = 64, CardColumns = 8, Piece = 256, Lines = 32;

    /// <summary>Adds the sums over the rows of x to the totals.</summary>
    public static void Add(Stream stream, Tensor x, Tensor partial, Tensor total)
    {
        if (x.Type == ElementType.BFloat16)
            stream.Launch(PartialBrainFloatsKernel, ChunkGroups(x.Rows, x.Cols), x.WordView, partial.View, x.Rows, x.Cols);
        else if (SharesChunks(stream.Device))
            stream.Launch(PartialCardKernel, ChunkGroups(x.Rows, x.Cols), x.View, partial.View, x.Rows, x.Cols);
        else
            stream.Launch(PartialKernel, Columns.Groups(stream, x.Cols, Columns.Chunks(x.Rows)), x.View, partial.View, x.Rows, x.Cols);
        AddChunks(stream, partial, total, Columns.Chunks(x.Rows));
    }

    /// <summary>Adds the first <paramref name="chunks"/> rows of partial sums to the totals.</summary>
    public static void AddChunks(Stream stream, Tensor partial, Tensor total, int chunks)
    {
        ArrayView<float> used = partial.View.SubView(0, chunks * total.Length);
        HardwareProperties device = stream.Device.Properties;
        if (chunks < ManyChunks || !device.HoldsManyThreads || device.MaxGroupThreads < CardColumns * Lines)
        {
            stream.Launch(FoldKernel, total.Length, used, total.View, chunks, total.Length);
            return;
        }

        stream.Launch(
            FoldCardKernel, new KernelConfig(IntrinsicMath.DivRoundUp(total.Length, CardColumns), CardColumns * Lines), used, total.View,
            chunks, total.Length);
    }

    /// <summary>Whether groups of many threads share the terms of a chunk, see <see cref="SumChunk"/>: on cards.</summary>
    public static bool SharesChunks(Device device) => device.Properties.HoldsManyThreads
        && device.Properties.MaxGroupThreads >= ChunkThreads
        && device.Properties.SharedBytesPerGroup >= Columns.ChunkRows * ChunkColumns * sizeof(float);

    /// <summary>The groups of <see cref="SumChunk"/>.</summary>
    public static KernelConfig ChunkGroups(int rows, int cols) => new(
        new Index3D(IntrinsicMath.DivRoundUp(cols, ChunkColumns), Columns.Chunks(rows), 1), new Index3D(ChunkThreads, 1, 1));

    /// <summary>What one group does: the first level's sums of a chunk of rows and 32 columns. All threads take terms, neighbors neighboring ones; then a thread for each column adds them, in the order of rows.</summary>
    public static void SumChunk<T>(T term, ArrayView<float> partial, int rows, int cols)
        where T : struct, IColumnTerm
    {
        ArrayView<float> terms = SharedMemory.Allocate<float>(Columns.ChunkRows * ChunkColumns);
        int firstRow = Grid.IdxY * Columns.ChunkRows, firstCol = Grid.IdxX * ChunkColumns,
            height = IntrinsicMath.Min(Columns.ChunkRows, rows - firstRow), width = IntrinsicMath.Min(ChunkColumns, cols - firstCol);
        for (int e = Group.IdxX; e < height * width; e += Group.DimX)
        {
            int row = e / width;
            terms[e] = term.Take((firstRow + row) * cols + firstCol + e - row * width);
        }

        Group.Barrier();
        if (Group.IdxX >= width)
            return;
        float sum = 0f;
        for (int row = 0; row < height; row++)
            sum += terms[row * width + Group.IdxX];
        partial[Grid.IdxY * cols + firstCol + Group.IdxX] = sum;
    }

    /// <summary>The sum over the chunks, of one column.</summary>
    public static float Fold(ArrayView<float> partial, int col, int chunks, int cols)
    {
        float sum0 = 0f, sum1 = 0f, sum2 = 0f, sum3 = 0f;
        int chunk = 0;
        for (; chunk + 4 <= chunks; chunk += 4)
        {
            sum0 += partial[chunk * cols + col];
            sum1 += partial[(chunk + 1) * cols + col];
            sum2 += partial[(chunk + 2) * cols + col];
            sum3 += partial[(chunk + 3) * cols + col];
        }

        for (; chunk < chunks; chunk++)
            sum0 += partial[chunk * cols + col];
        return sum0 + sum1 + (sum2 + sum3);
    }

    // One group per chunk of rows and block of columns.
    static void PartialKernel(ArrayView<float> x, ArrayView<float> partial, int rows, int cols)
    {
        int chunk = Grid.IdxY, first = chunk * Columns.ChunkRows;
        Columns.Walk(
            new Sum(x, partial, LocalMemory.Allocate<float>(Columns.Block), chunk, cols), first,
            IntrinsicMath.Min(first + Columns.ChunkRows, rows), cols);
    }

    static void PartialCardKernel(ArrayView<float> x, ArrayView<float> partial, int rows, int cols) =>
        SumChunk(new Plain(x), partial, rows, cols);

    static void PartialBrainFloatsKernel(ArrayView<float> x, ArrayView<float> partial, int rows, int cols) =>
        SumChunk(new BrainFloatTerm(x), partial, rows, cols);

    readonly record struct BrainFloatTerm(ArrayView<float> Words) : IColumnTerm
    {
        public float Take(int at) => BrainFloatPair.LoadOne(Words, at);
    }

    readonly record struct Plain(ArrayView<float> X) : IColumnTerm
    {
        public float Take(int at) => X[at];
    }

    // One thread per column.
    static void FoldKernel(Index1D col, ArrayView<float> partial, ArrayView<float> total, int chunks, int cols) =>
        total[col] += Fold(partial, col, chunks, cols);

    // One group per few columns: all of it copies chunks to shared memory, a thread for each column and sum adds them.
    static void FoldCardKernel(ArrayView<float> partial, ArrayView<float> total, int chunks, int cols)
    {
        ArrayView<float> piece = SharedMemory.Allocate<float>(Piece * CardColumns),
            sums = SharedMemory.Allocate<float>(Chains * CardColumns);
        int lane = Group.IdxX % CardColumns, line = Group.IdxX / CardColumns, col = Grid.IdxX * CardColumns + lane,
            fours = chunks / Chains * Chains;
        float sum = 0f;
        for (int start = 0; start < chunks; start += Piece)
        {
            for (int row = line; row < Piece; row += Lines)
                piece[row * CardColumns + lane] = start + row < chunks && col < cols ? partial[(start + row) * cols + col] : 0f;
            Group.Barrier();
            if (line < Chains)
            {
                for (int row = line; row < IntrinsicMath.Min(Piece, fours - start); row += Chains)
                    sum += piece[row * CardColumns + lane];
            }

            if (line == 0)
            {
                for (int row = IntrinsicMath.Max(0, fours - start); row < IntrinsicMath.Min(Piece, chunks - start); row++)
                    sum += piece[row * CardColumns + lane];
            }

            Group.Barrier();
        }

        if (line < Chains)
            sums[line * CardColumns + lane] = sum;
        Group.Barrier();
        if (line == 0 && col < cols)
        {
            total[col] += sums[lane] + sums[CardColumns + lane]
                + (sums[2 * CardColumns + lane] + sums[3 * CardColumns + lane]);
        }
    }

    readonly record struct Sum(ArrayView<float> X, ArrayView<float> Partial, ArrayView<float> Sums, int Chunk, int Cols) : IColumn
    {
        public int Strip => Columns.Block;

        public void Begin(int own, int col) => Sums[own] = 0f;

        public void Row(int own, int row, int col) => Sums[own] += X[row * Cols + col];

        public void End(int own, int col) => Partial[Chunk * Cols + col] = Sums[own];
    }
}
