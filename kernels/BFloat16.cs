// Between floats and bfloat16 (8 bits of exponent, 7 of mantissa):  y = x, rounded to nearest, halves to even    (written, =)
//   x, y [..., cols] with cols a multiple of 8; two neighbors in bfloat16 share a word, the first its lower half
// For products, whose right side is a matrix of floats w [k, n]:  words [k / 2, n], each of w[2 i, j] and w[2 i + 1, j]
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Conversions between the types that tensors are kept in.</summary>
public static class BFloat16Op
{
    /// <summary><c>y = x</c>, from one type to the other, or to the same.</summary>
    /// <exception cref="ArgumentException">The shapes differ, or the last extent is no multiple of 8.</exception>
    public static void Convert(Stream stream, Tensor x, Tensor y)
    {
        if (x.Shape != y.Shape)
            throw new ArgumentException($"{x.Shape} is converted to a tensor of the same shape, not {y.Shape}");
        RequireMultiple(x);
        stream.Launch(ConvertKernel, x.Length / 2, x.WordView, y.WordView, (int)x.Type, (int)y.Type);
    }

    /// <summary>Words of a matrix of weights for a product, a multiple of 4.</summary>
    internal static int PackedLength(int length) => IntrinsicMath.DivRoundUp(length, 8) * 4;

    /// <summary>Pairs of neighbors of a row, or of rows, to words at the beginning of a workspace.</summary>
    internal static ArrayView<float> Pack(Stream stream, ArrayView<float> weights, ArrayView<float> workspace, int rows, int cols,
        bool byRow, out ArrayView<float> rest)
    {
        ArrayView<float> packed = workspace.SubView(0, rows * cols / 2);
        int length = PackedLength(rows * cols);
        rest = workspace.Length > length ? workspace.SubView(length) : default;
        if (byRow)
            stream.Launch(ConvertKernel, packed.IntLength, weights, packed, (int)ElementType.Float32, (int)ElementType.BFloat16);
        else
            stream.Launch(PackRowsKernel, new Index2D(cols, rows / 2), weights, packed, cols);
        return packed;
    }

    /// <summary>Requires rows of whole pieces of 16 bytes.</summary>
    internal static void RequireMultiple(Tensor x)
    {
        if (x.Cols % Tensor.BrainFloatMultiple != 0)
        {
            throw new ArgumentException(
                $"where a tensor is kept in bfloat16, the last extent is a multiple of {Tensor.BrainFloatMultiple}, not that of {x.Shape}");
        }
    }

    // One thread for each two neighbors.
    static void ConvertKernel(Index1D i, ArrayView<float> x, ArrayView<float> y, int xType, int yType) =>
        BrainFloatPair.Load(x, i, xType).Store(y, i, yType);

    // One thread for each two rows and column.
    static void PackRowsKernel(Index2D i, ArrayView<float> weights, ArrayView<float> words, int cols) =>
        words[i.Y * cols + i.X] = BrainFloatPair.Of(weights[2 * i.Y * cols + i.X], weights[(2 * i.Y + 1) * cols + i.X]);
}
