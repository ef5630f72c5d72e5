// Concatenation along the last axis:  y[row, offset + col] = x[row, col]   (=);  x [rows, cols], y [rows, allCols]
// Backward is the split:  dx[row, col] = dy[row, offset + col]   (=)
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Copying between a matrix and some columns of a wider one.</summary>
public static class ConcatenateOp
{
    // What a group costs beside its copies is shared by that many rows, but on cards, where groups have a part of a row.
    const int GroupRows = 16;

    /// <summary>Puts the parts side by side.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="parts">Tensors of equal rows.</param>
    /// <param name="whole">Written; as many columns as all parts have.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Join(Stream stream, ReadOnlySpan<Tensor> parts, Tensor whole)
    {
        Require(parts, whole);
        int offset = 0;
        foreach (Tensor part in parts)
        {
            int rows = RowsOfGroup(stream);
            stream.Launch(JoinKernel, Lanes.Groups(stream, IntrinsicMath.DivRoundUp(part.Rows, rows), part.Cols, out int cols), part.View,
                whole.View, part.Rows, part.Cols, whole.Cols, offset, rows, cols);
            offset += part.Cols;
        }
    }

    /// <summary>Takes the parts out again.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="whole">As many columns as all parts have.</param>
    /// <param name="parts">Written; tensors of equal rows.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Split(Stream stream, Tensor whole, ReadOnlySpan<Tensor> parts)
    {
        Require(parts, whole);
        int offset = 0;
        foreach (Tensor part in parts)
        {
            int rows = RowsOfGroup(stream);
            stream.Launch(SplitKernel, Lanes.Groups(stream, IntrinsicMath.DivRoundUp(part.Rows, rows), part.Cols, out int cols), whole.View,
                part.View, part.Rows, part.Cols, whole.Cols, offset, rows, cols);
            offset += part.Cols;
        }
    }

    static int RowsOfGroup(Stream stream) => stream.Device.Properties.HoldsManyThreads ? 1 : GroupRows;

    // One group per few rows, or per part of one; so in the other.
    static void JoinKernel(ArrayView<float> part, ArrayView<float> whole, int rows, int cols, int allCols, int offset, int groupRows,
        int groupCols)
    {
        int first = Grid.IdxY * groupCols, end = IntrinsicMath.Min(cols, first + groupCols);
        for (int row = Grid.IdxX * groupRows; row < IntrinsicMath.Min(rows, (Grid.IdxX + 1) * groupRows); row++)
            Lanes.ForEach(new Copy(part, row * cols, whole, row * allCols + offset), first, end);
    }

    static void SplitKernel(ArrayView<float> whole, ArrayView<float> part, int rows, int cols, int allCols, int offset, int groupRows,
        int groupCols)
    {
        int first = Grid.IdxY * groupCols, end = IntrinsicMath.Min(cols, first + groupCols);
        for (int row = Grid.IdxX * groupRows; row < IntrinsicMath.Min(rows, (Grid.IdxX + 1) * groupRows); row++)
            Lanes.ForEach(new Copy(whole, row * allCols + offset, part, row * cols), first, end);
    }

    static void Require(ReadOnlySpan<Tensor> parts, Tensor whole)
    {
        int cols = 0;
        bool fit = true;
        foreach (Tensor part in parts)
        {
            cols += part.Cols;
            fit &= part.Rows == whole.Rows;
        }

        if (!fit || cols != whole.Cols)
        {
            throw new ArgumentException(
                $"{string.Join(" and ", parts.ToArray().Select(p => p.Shape))} side by side do not make {whole.Shape}");
        }
    }
}
