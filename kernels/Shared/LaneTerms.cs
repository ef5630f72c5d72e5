// Terms of sums over the lanes of a group (see Lanes.cs) that several ops have:  x[first + at]  and  a[first + at] * b[first + at]
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>The value itself.</summary>
readonly record struct ValueTerm(ArrayView<float> X, int First) : ITerm
{
    public float Add(float sum, int at) => sum + X[First + at];
}

/// <summary>The product of two values, or of one with itself.</summary>
readonly record struct ProductTerm(ArrayView<float> A, ArrayView<float> B, int First) : ITerm
{
    public float Add(float sum, int at) => Fused.MultiplyAdd(A[First + at], B[First + at], sum);
}
