using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Dialect;

/// <summary>
/// The fused multiply-add, rounded once. A kernel that wants it asks for it here; no target contracts <c>a * b + c</c> by itself,
/// so the same kernel gives the same bits on each device.
/// </summary>
public static class Fused
{
    /// <summary><c>a * b + c</c>, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);
}
