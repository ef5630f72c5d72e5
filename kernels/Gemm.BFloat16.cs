// Products of matrices that are kept in bfloat16, on matrix units: words of two neighbors are multiplied as they lie in memory (MatrixProduct.cs).
//   C = A B or A B^T      A in bfloat16, B floats (weights), which are rounded first: pairs along k, in the workspace; C in either
//   C += A^T B            A and B in bfloat16, C floats: the gradient of weights
using ILGPU;

namespace Dalle2.Kernels;

public static partial class GemmOp
{
    static int BrainFloatWorkspace(int m, int n, int k) =>
        checked(BFloat16Op.PackedLength(k * n) + new MatrixExtent(m, n, k / 2, false).Workspace(m * n));

    static void RequireBrainFloats(Device device, Tensor result)
    {
        if (device.Precision != Precision.Bf16)
            throw new ArgumentException($"{device.Label}: products have matrices in bfloat16 with precision bf16 alone");
        BFloat16Op.RequireMultiple(result);
    }

    static void MultiplyBrainFloats(Stream stream, Tensor a, Tensor b, Tensor c, ArrayView<float> workspace, GemmShape s, bool transposeA,
        bool transposeB)
    {
        if (a.Type == ElementType.BFloat16 && b.Type == ElementType.Float32 && !transposeA && s.Accumulate == 0)
        {
            ArrayView<float> weights = BFloat16Op.Pack(
                stream, b.View, workspace, b.Rows, b.Cols, byRow: transposeB, out ArrayView<float> rest);
            var words = s with { K = s.K / 2, AStride = s.AStride / 2, BStride = transposeB ? s.BStride / 2 : s.BStride, PerWord = 2 };
            Multiply(stream, a.WordView, weights, c.WordView, rest, words, false, transposeB, a.Type, c.Type);
        }
        else if ((a.Type, b.Type, c.Type) == (ElementType.BFloat16, ElementType.BFloat16, ElementType.Float32) && transposeA && !transposeB)
        {
            MatrixProduct.LaunchPaired(stream, PairedMatrixKernel, a.WordView, b.WordView, c.View, workspace, s,
                new MatrixExtent(s.M, s.N, s.K, s.Accumulate != 0));
        }
        else
        {
            throw new NotSupportedException($"there is no product of {a.Type} and {b.Type} to {c.Type} in this form; convert a side "
                + $"({nameof(BFloat16Op)}.{nameof(BFloat16Op.Convert)})");
        }
    }

    // One group per tile of C = A^T B, by matrix units.
    static void PairedMatrixKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, GemmShape s, MatrixParts parts) =>
        MatrixProduct.Multiply(
            a, b, c, new Product<Transposed, Stored>(s), new PlainSide(s.M / 2, s.K, s.AStride / 2, isByDepth: true),
            new PlainSide(s.N / 2, s.K, s.BStride / 2, isByDepth: true), parts, default(StoredBrainFloats), default(PairedMatrixTile));
}
