using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dalle2.Gpu.Extensions;

/// <summary>
/// The fused multiply-add, rounded once. A kernel that wants it asks for it here; no target contracts <c>a * b + c</c> by itself,
/// so the same kernel gives the same bits on each device.
/// </summary>
public static class Fused
{
    /// <summary><c>a * b + c</c>, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => Fma.IsSupported
        // The packed instruction adds into its accumulator; the scalar one keeps the upper lanes and so costs two moves a call.
        ? Fma.MultiplyAdd(Vector128.CreateScalarUnsafe(a), Vector128.CreateScalarUnsafe(b), Vector128.CreateScalarUnsafe(c)).ToScalar()
        : MathF.FusedMultiplyAdd(a, b, c);
}
