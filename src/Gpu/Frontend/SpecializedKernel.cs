using System.Reflection;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>
/// A kernel with the values of its <see cref="ILGPU.Runtime.SpecializedValue{T}"/> parameters: what is compiled once. Equal if both are, so it can be the key of a cache.
/// </summary>
/// <param name="method">The kernel.</param>
/// <param name="values">The values, by the places of their parameters.</param>
/// <param name="bits">The same, primitive by primitive, and the bytes of shared memory before them if there are any.</param>
/// <param name="dynamicSharedBytes">How much shared memory the launch gives to <see cref="SharedMemory.GetDynamic{T}"/>.</param>
sealed class SpecializedKernel(MethodInfo method, IReadOnlyDictionary<int, object> values, ulong[] bits, int dynamicSharedBytes)
    : IEquatable<SpecializedKernel>
{
    static readonly Dictionary<int, object> Nothing = [];

    /// <summary>A kernel without such parameters.</summary>
    public SpecializedKernel(MethodInfo method)
        : this(method, Nothing, [], 0)
    {
    }

    public MethodInfo Method => method;

    /// <summary>The values, primitive by primitive. By bits, since 0 and -0 are two constants.</summary>
    public ReadOnlySpan<ulong> Bits => bits;

    /// <summary>The function, without parameters for the values.</summary>
    /// <param name="hasMatrixUnits">Whether the target has matrix units.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public Function Translate(bool hasMatrixUnits = false) => KernelFrontend.Translate(method, values, hasMatrixUnits, dynamicSharedBytes);

    public bool Equals(SpecializedKernel? other) =>
        other != null && Method == other.Method && Bits.SequenceEqual(other.Bits);

    public override bool Equals(object? obj) => Equals(obj as SpecializedKernel);

    public override int GetHashCode() => bits.Aggregate(method.GetHashCode(), HashCode.Combine);

    /// <summary>Whether a parameter of the type is a constant inside.</summary>
    public static bool IsSpecialized(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ILGPU.Runtime.SpecializedValue<>);
}
