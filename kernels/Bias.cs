// Bias over the last axis:  y = x + b            x, y [rows, cols]   b [cols]
// Backward:  dx = dy (the caller passes dy on),  db += sum over rows of dy        (accumulated, +=; the order: see ColumnSum.cs)
namespace Dalle2.Kernels;

/// <summary>Adding one value per column, and its gradient.</summary>
public static class BiasOp
{
    /// <summary>Extents of the tensor of partial sums that Backward takes: <c>[this, cols]</c>.</summary>
    public static int PartialRows(int rows) => Columns.Chunks(rows);

    /// <summary><c>y += b</c>, in place.</summary>
    public static void AddInPlace(Stream stream, Tensor y, Tensor bias) =>
        stream.Launch(AddKernel, Columns.Groups(stream, y.Cols, Columns.Chunks(y.Rows)), y.View, bias.View, y.Rows, y.Cols);

    /// <summary><c>db += sum over rows of dy</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="partial">Scratch, <c>[PartialRows, cols]</c>.</param>
    /// <param name="dbias">Added to.</param>
    public static void Backward(Stream stream, Tensor dy, Tensor partial, Tensor dbias) => ColumnSumOp.Add(stream, dy, partial, dbias);

    // One group per chunk of rows and block of columns.
    static void AddKernel(ArrayView<float> y, ArrayView<float> bias, int rows, int cols)
    {
        int first = Grid.IdxY * Columns.ChunkRows;
        Columns.Walk(new Add(y, bias, LocalMemory.Allocate<float>(Columns.Block), cols), first, IntrinsicMath.Min(first + Columns.ChunkRows, rows), cols);
    }

    readonly record struct Add(ArrayView<float> Y, ArrayView<float> Bias, ArrayView<float> Own, int Cols) : IColumn
    {
        public void Begin(int own, int col) => Own[own] = Bias[col];

        public void Row(int own, int row, int col) => Y[row * Cols + col] += Own[own];

        public void End(int own, int col)
        {
        }
    }
}
