namespace Dalle2.Gpu.Extensions;

/// <summary>
/// Products of small matrices by a whole warp: 16 rows, 8 columns, in numbers of fewer bits than a float, summed in floats. All 32 threads of the warp
/// come by together and hold a part of each side (<see cref="MatrixLeft"/>, <see cref="MatrixRight"/>, <see cref="MatrixSums"/>).
/// </summary>
/// <remarks>
/// What stands here is the meaning where a device has no matrix units: k rises, each step a fused multiply-add. NVIDIA's cards from compute capability
/// 8.0 on have instructions for it, whose order and rounding of sums are their own: this is the one place where devices differ in their bits.
/// Source of the layouts: NVIDIA, Parallel Thread Execution ISA, mma.m16n8k8 and mma.m16n8k16.
/// </remarks>
public static class Matrix
{
    /// <summary>The summed extent of <see cref="MultiplyAddTensorFloats"/>.</summary>
    public const int TensorFloatDepth = 8;

    /// <summary>The summed extent of <see cref="MultiplyAddBrainFloats"/>.</summary>
    public const int BrainFloatDepth = 16;

    const uint TensorFloatBits = 0xFFFFE000, Infinity = 0x7F800000;

    /// <summary>A float as TensorFloat-32: 8 bits of exponent, 10 of mantissa, in the upper 19 bits. To nearest, halves away from zero.</summary>
    public static uint ToTensorFloat(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        return (bits & 0x7FFFFFFF) > Infinity ? 0x7FFFFFFF & TensorFloatBits : (bits + 0x1000) & TensorFloatBits;
    }

    /// <summary>Two floats as bfloat16: 8 bits of exponent, 7 of mantissa. To nearest, halves to even.</summary>
    /// <param name="low">What becomes the lower 16 bits.</param>
    /// <param name="high">What becomes the upper 16 bits.</param>
    public static uint ToBrainFloats(float low, float high) => ToBrainFloat(low) | ToBrainFloat(high) << 16;

    /// <summary>Reads 32 rows of 4 floats of shared memory, a row for each lane to point to, and hands each lane a word of every eighth part of them.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="at">Where the lane's row begins, a multiple of 4. The 8 rows of a block are read at once if they lie at different places modulo 32.</param>
    /// <remarks>Source: NVIDIA, Parallel Thread Execution ISA, ldmatrix.m8n8.x4: a row of 8 numbers of 16 bits is one of 4 floats.</remarks>
    public static MatrixRows LoadRows(ArrayView<float> shared, int at) =>
        new(Word(shared, at, 0), Word(shared, at, 8), Word(shared, at, 16), Word(shared, at, 24));

    /// <summary><c>sums + left * right</c> over 8 values of k, in TensorFloat-32; the lower 13 bits of each word do not count.</summary>
    public static MatrixSums MultiplyAddTensorFloats(MatrixLeft left, MatrixRight right, MatrixSums sums)
    {
        for (int k = 0; k < 4; k++)
        {
            sums = Add(Rows(left.First, k, TensorFloatBits, 0), Rows(left.Second, k, TensorFloatBits, 0),
                Cols(right.First, k, 0, TensorFloatBits, 0), Cols(right.First, k, 4, TensorFloatBits, 0), sums);
        }

        for (int k = 0; k < 4; k++)
        {
            sums = Add(Rows(left.Third, k, TensorFloatBits, 0), Rows(left.Fourth, k, TensorFloatBits, 0),
                Cols(right.Second, k, 0, TensorFloatBits, 0), Cols(right.Second, k, 4, TensorFloatBits, 0), sums);
        }

        return sums;
    }

    /// <summary><c>sums + left * right</c> over 16 values of k, in bfloat16.</summary>
    public static MatrixSums MultiplyAddBrainFloats(MatrixLeft left, MatrixRight right, MatrixSums sums)
    {
        for (int k = 0; k < 4; k++)
            sums = AddPairs(left.First, left.Second, right.First, k, sums);
        for (int k = 0; k < 4; k++)
            sums = AddPairs(left.Third, left.Fourth, right.Second, k, sums);
        return sums;
    }

    static uint Word(ArrayView<float> shared, int at, int first) =>
        Interop.FloatAsInt(shared[Warp.Shuffle(at, first + (Warp.LaneIdx >> 2)) + (Warp.LaneIdx & 3)]);

    static uint ToBrainFloat(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        return (bits & 0x7FFFFFFF) > Infinity ? 0x7FFF : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    }

    // The lower half of each word is one k, the upper half the next one.
    static MatrixSums AddPairs(uint upperRow, uint lowerRow, uint right, int k, MatrixSums sums)
    {
        sums = Add(Rows(upperRow, k, 0xFFFF, 16), Rows(lowerRow, k, 0xFFFF, 16), Cols(right, k, 0, 0xFFFF, 16),
            Cols(right, k, 4, 0xFFFF, 16), sums);
        return Add(Rows(upperRow, k, 0xFFFF0000, 0), Rows(lowerRow, k, 0xFFFF0000, 0), Cols(right, k, 0, 0xFFFF0000, 0),
            Cols(right, k, 4, 0xFFFF0000, 0), sums);
    }

    static MatrixSums Add(float upperRow, float lowerRow, float firstColumn, float secondColumn, MatrixSums sums) => new(
        Fused.MultiplyAdd(upperRow, firstColumn, sums.First), Fused.MultiplyAdd(upperRow, secondColumn, sums.Second),
        Fused.MultiplyAdd(lowerRow, firstColumn, sums.Third), Fused.MultiplyAdd(lowerRow, secondColumn, sums.Fourth));

    // Of the thread's own row, which four lanes hold.
    static float Rows(uint word, int k, uint mask, int shift) =>
        Interop.IntAsFloat((Warp.Shuffle(word, (Warp.LaneIdx & ~3) + k) & mask) << shift);

    // Of the thread's own two columns, 2t and 2t + 1: lanes 8t to 8t + 3, and the next four.
    static float Cols(uint word, int k, int next, uint mask, int shift) =>
        Interop.IntAsFloat((Warp.Shuffle(word, (Warp.LaneIdx & 3) * 8 + next + k) & mask) << shift);
}
