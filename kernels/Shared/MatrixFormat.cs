using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>
/// Numbers that matrix units multiply, made of the words of shared memory. With g = lane / 4 and t = lane % 4, a block of 8 k of 16 rows gives a thread the words (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4),
/// one of 8 columns (t, g), (t + 4, g).
/// </summary>
interface IMatrixFormat
{
    /// <summary>Blocks of 8 k in one step, a constant.</summary>
    int Blocks { get; }

    /// <summary>Whether the result may be kept in bfloat16, a constant.</summary>
    bool MayStorePairs { get; }

    /// <summary>The thread's part of 16 rows; the second block counts only where a step has two.</summary>
    MatrixLeft Left(MatrixRows first, MatrixRows second);

    /// <summary>The thread's part of 8 columns, of the floats of each block.</summary>
    MatrixRight Right(uint first, uint firstNext, uint second, uint secondNext);

    /// <summary><c>sums + left * right</c>.</summary>
    MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums);
}

/// <summary>TensorFloat-32.</summary>
readonly struct TensorFloats : IMatrixFormat
{
    public int Blocks => 1;

    public bool MayStorePairs => false;

    public MatrixLeft Left(MatrixRows first, MatrixRows second) =>
        new(Rounded(first.First), Rounded(first.Second), Rounded(first.Third), Rounded(first.Fourth));

    public MatrixRight Right(uint first, uint firstNext, uint second, uint secondNext) => new(Rounded(first), Rounded(firstNext));

    public MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums) => Matrix.MultiplyAddTensorFloats(left, right, sums);

    static uint Rounded(uint bits) => Matrix.ToTensorFloat(Interop.IntAsFloat(bits));
}

/// <summary>Bfloat16 as it is kept in device memory: a word holds two neighbors, k and k + 1, and a block of 8 words 16 k.</summary>
readonly struct StoredBrainFloats : IMatrixFormat
{
    public int Blocks => 1;

    public bool MayStorePairs => true;

    public MatrixLeft Left(MatrixRows first, MatrixRows second) => new(first.First, first.Second, first.Third, first.Fourth);

    public MatrixRight Right(uint first, uint firstNext, uint second, uint secondNext) => new(first, firstNext);

    public MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums) => Matrix.MultiplyAddBrainFloats(left, right, sums);
}

/// <summary>Bfloat16 made of floats. A word holds k = t and t + 4 of a block, where the unit takes it for 2t and 2t + 1: on both sides alike, so that the sum has the same terms in another order.</summary>
readonly struct BrainFloats : IMatrixFormat
{
    public int Blocks => 2;

    public bool MayStorePairs => true;

    public MatrixLeft Left(MatrixRows first, MatrixRows second) =>
        new(Pair(first.First, first.Third), Pair(first.Second, first.Fourth), Pair(second.First, second.Third),
        Pair(second.Second, second.Fourth));

    public MatrixRight Right(uint first, uint firstNext, uint second, uint secondNext) =>
        new(Pair(first, firstNext), Pair(second, secondNext));

    public MatrixSums MultiplyAdd(MatrixLeft left, MatrixRight right, MatrixSums sums) => Matrix.MultiplyAddBrainFloats(left, right, sums);

    static uint Pair(uint low, uint high) => Matrix.ToBrainFloats(Interop.IntAsFloat(low), Interop.IntAsFloat(high));
}
