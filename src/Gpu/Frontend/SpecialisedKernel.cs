using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Frontend;

/// <summary>
/// A kernel with the values of its <see cref="ILGPU.Runtime.SpecializedValue{T}"/> parameters: what is compiled once. Equal if both are, so it can be the key of a cache.
/// </summary>
sealed class SpecialisedKernel : IEquatable<SpecialisedKernel>
{
    readonly Dictionary<int, object> values = [];
    readonly ulong[] bits = [];
    readonly int dynamicSharedBytes;

    SpecialisedKernel(Launch launch)
    {
        Method = launch.Kernel.Method;
        ParameterInfo[] parameters = Method.GetParameters();
        int first = parameters.Length - launch.Arguments.Length;
        for (int a = 0; a < launch.Arguments.Length; a++)
        {
            if (IsSpecialised(parameters[first + a].ParameterType))
                values.Add(first + a, launch.Arguments[a]);
        }

        dynamicSharedBytes = launch.DynamicSharedBytes;
        // By bits: 0 and -0 are two constants.
        bits = launch.Constants.ToArray();
    }

    SpecialisedKernel(MethodInfo method) => Method = method;

    public MethodInfo Method { get; }

    /// <summary>The values, primitive by primitive.</summary>
    public ReadOnlySpan<ulong> Bits => bits;

    /// <summary>The kernel of a launch. Those without such parameters, which are most, are made once.</summary>
    public static SpecialisedKernel Of(Launch launch) =>
        launch.Constants.IsEmpty ? Plain.GetValue(launch.Kernel, static kernel => new SpecialisedKernel(kernel.Method)) : new SpecialisedKernel(launch);

    /// <summary>A kernel without such parameters.</summary>
    public static SpecialisedKernel Of(MethodInfo method) => new(method);

    // Weak: a kernel may be of an assembly that is unloaded.
    static readonly ConditionalWeakTable<CompiledKernel, SpecialisedKernel> Plain = [];

    /// <summary>The function, without parameters for the values.</summary>
    /// <param name="hasMatrixUnits">Whether the target has matrix units.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public Function Translate(bool hasMatrixUnits = false) => KernelFrontend.Translate(Method, values, hasMatrixUnits, dynamicSharedBytes);

    /// <summary>The launch's arguments that the function has parameters for.</summary>
    public object[] Arguments(Launch launch) => values.Count == 0 ? launch.Arguments : [.. launch.Arguments.Where(argument => !IsSpecialised(argument.GetType()))];

    public bool Equals(SpecialisedKernel? other) =>
        other != null && Method == other.Method && bits.AsSpan().SequenceEqual(other.bits);

    public override bool Equals(object? obj) => Equals(obj as SpecialisedKernel);

    public override int GetHashCode() => bits.Aggregate(Method.GetHashCode(), HashCode.Combine);

    /// <summary>Whether a parameter of the type is a constant inside.</summary>
    public static bool IsSpecialised(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ILGPU.Runtime.SpecializedValue<>);
}
