namespace Dalle2.Kernels;

/// <summary>Numbers that matrix units multiply: how they are taken from floats in shared memory, and what a step of k is. With g = lane / 4 and t = lane % 4.</summary>
interface IMatrixFormat
{
    /// <summary>The k of one step, a constant.</summary>
    int Depth { get; }

    /// <summary>A constant, so that the 32 lanes' words lie in 32 banks: behind each row of the copied left side, or each k.</summary>
    int LeftPad(bool isByDepth);

    /// <summary>The same from one k to the next of a panel of the right side.</summary>
    int RightStep { get; }

    /// <summary>The thread's part of 16 rows; element (i, k) lies at <c>start + i * rowStep + k * step</c>.</summary>
    MatrixLeft Left(ArrayView<float> left, int start, int rowStep, int step);

    /// <summary>The thread's part of 8 columns; element (k, j) lies at <c>start + k * RightStep + j</c>.</summary>
    MatrixRight Right(ArrayView<float> right, int start);

    /// <summary><c>sums + left * right</c>.</summary>
    MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums);
}

/// <summary>TensorFloat-32.</summary>
readonly struct TensorFloats : IMatrixFormat
{
    public int Depth => Matrix.TensorFloatDepth;

    // Lanes are (row g, k t): rows 4 banks apart, or k 8 banks apart.
    public int LeftPad(bool isByDepth) => isByDepth ? 8 : 4;

    public int RightStep => RegisterTile.RightStep + 8;

    public MatrixLeft Left(ArrayView<float> left, int start, int rowStep, int step)
    {
        int at = start + (Warp.LaneIdx >> 2) * rowStep + (Warp.LaneIdx & 3) * step;
        return new MatrixLeft(
            Matrix.ToTensorFloat(left[at]), Matrix.ToTensorFloat(left[at + 8 * rowStep]), Matrix.ToTensorFloat(left[at + 4 * step]), Matrix.ToTensorFloat(left[at + 8 * rowStep + 4 * step]));
    }

    public MatrixRight Right(ArrayView<float> right, int start)
    {
        int at = start + (Warp.LaneIdx & 3) * RightStep + (Warp.LaneIdx >> 2);
        return new MatrixRight(Matrix.ToTensorFloat(right[at]), Matrix.ToTensorFloat(right[at + 4 * RightStep]));
    }

    public MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums) => Matrix.MultiplyAddTensorFloats(left, right, sums);
}

/// <summary>Bfloat16.</summary>
readonly struct BrainFloats : IMatrixFormat
{
    public int Depth => Matrix.BrainFloatDepth;

    // Lanes are (row g, k 2t and 2t + 1): rows 8 banks apart, taken two words at once, or every other k 8 banks apart.
    public int LeftPad(bool isByDepth) => isByDepth ? 4 : 8;

    public int RightStep => RegisterTile.RightStep + 4;

    public MatrixLeft Left(ArrayView<float> left, int start, int rowStep, int step)
    {
        int at = start + (Warp.LaneIdx >> 2) * rowStep + (Warp.LaneIdx & 3) * 2 * step;
        return new MatrixLeft(Pair(left, at, step), Pair(left, at + 8 * rowStep, step), Pair(left, at + 8 * step, step), Pair(left, at + 8 * rowStep + 8 * step, step));
    }

    public MatrixRight Right(ArrayView<float> right, int start)
    {
        int at = start + (Warp.LaneIdx & 3) * 2 * RightStep + (Warp.LaneIdx >> 2);
        return new MatrixRight(Pair(right, at, RightStep), Pair(right, at + 8 * RightStep, RightStep));
    }

    public MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums) => Matrix.MultiplyAddBrainFloats(left, right, sums);

    static uint Pair(ArrayView<float> side, int at, int step) => Matrix.ToBrainFloats(side[at], side[at + step]);
}
