// Bias over the last axis:  y = x + b            x, y [rows, cols]   b [cols]
// Backward:  dx = dy (the caller passes dy on),  db += sum over rows of dy        (accumulated, +=; the order: see ColumnSum.cs)
namespace Dalle2.Kernels;

/// <summary>Adding one value per column, and its gradient.</summary>
public static class BiasOp
{
    /// <summary>Extents of the tensor of partial sums that Backward takes: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => Columns.Chunks(rows);

    // From so many columns on a row is long enough to go along it.
    const int WideCols = 256;

    // Rows that make a wider one if a row is shorter than a vector.
    const int NarrowCols = 16;

    /// <summary><c>y += b</c>, in place.</summary>
    public static void AddInPlace(Stream stream, Tensor y, Tensor bias)
    {
        if (y.Cols >= WideCols)
        {
            stream.Launch(AddToRowKernel, Lanes.Groups(stream, y.Rows), y.View, bias.View, y.Cols);
            return;
        }

        int joined = y.Cols < NarrowCols && y.Rows % NarrowCols == 0 ? NarrowCols : 1;
        int rows = y.Rows / joined, cols = y.Cols * joined;
        stream.Launch(AddKernel, Columns.Groups(stream, cols, Columns.Chunks(rows)), y.View, bias.View, rows, cols, y.Cols);
    }

    /// <summary><c>db += sum over rows of dy</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="partial">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="dbias">Added to.</param>
    public static void Backward(Stream stream, Tensor dy, Tensor partial, Tensor dbias) => ColumnSumOp.Add(stream, dy, partial, dbias);

    // One group per row.
    static void AddToRowKernel(ArrayView<float> y, ArrayView<float> bias, int cols) => Lanes.ForEach(new AddToRow(y, bias, Grid.IdxX * cols), 0, cols);

    // One group per chunk of rows and block of columns; the biases come again after each period.
    static void AddKernel(ArrayView<float> y, ArrayView<float> bias, int rows, int cols, int period)
    {
        int first = Grid.IdxY * Columns.ChunkRows;
        Columns.Walk(new Add(y, bias, LocalMemory.Allocate<float>(Columns.Block), cols, period), first, IntrinsicMath.Min(first + Columns.ChunkRows, rows), cols);
    }

    readonly record struct AddToRow(ArrayView<float> Y, ArrayView<float> Bias, int First) : IElement
    {
        public void Do(int at) => Y[First + at] += Bias[at];
    }

    readonly record struct Add(ArrayView<float> Y, ArrayView<float> Bias, ArrayView<float> Own, int Cols, int Period) : IColumn
    {
        public int Strip => Columns.Block;

        public void Begin(int own, int col) => Own[own] = Cols == Period ? Bias[col] : Bias[col % Period];

        public void Row(int own, int row, int col) => Y[row * Cols + col] += Own[own];

        public void End(int own, int col)
        {
        }
    }
}
