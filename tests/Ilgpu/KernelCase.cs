using System.Reflection;

namespace Dalle2.IlgpuKernels;

/// <summary>
/// A kernel, how it is launched, on what, and what it must have written. It knows no device: a runner makes a <see cref="LaunchMemory"/>
/// over its own memory, launches <see cref="Kernel"/> with <see cref="CreateArguments"/>, and asks <see cref="Mismatches"/>.
/// </summary>
public sealed record KernelCase
{
    /// <summary>Unique among all cases.</summary>
    public required string Name { get; init; }

    /// <summary>The kernel: a static method, or the method of a lambda without captures (an instance method of a class without fields).</summary>
    public required MethodInfo Kernel { get; init; }

    /// <summary>An implicitly grouped kernel's extent, a boxed <see cref="Index1D"/>, <see cref="Index2D"/> or <see cref="Index3D"/> as its first parameter is; null for an explicitly grouped one.</summary>
    public object? Extent { get; init; }

    /// <summary>An explicitly grouped kernel's grid, groups and dynamic shared memory; meaningless with an <see cref="Extent"/>.</summary>
    public KernelConfig Config { get; init; }

    /// <summary>The arguments without the index: <see cref="KernelArgument"/>s, or boxed scalars, structs and specialized values.</summary>
    public required IReadOnlyList<object> Arguments { get; init; }

    /// <summary>How far floating-point results may be off, relative to the larger of the expected value's magnitude and 1; 0 asks for the same bits.</summary>
    public double Tolerance { get; init; }

    /// <summary>Whether the kernel talks across a warp, and was written for warps of 32.</summary>
    public bool NeedsWarps { get; init; }

    /// <summary>Allocates what the arguments view and returns them boxed, without the index.</summary>
    public object[] CreateArguments(LaunchMemory memory) =>
        [.. Arguments.Select(argument => argument is KernelArgument viewing ? viewing.Create(memory) : argument)];

    /// <summary>What differs from the expectation after the launch, the first difference of each buffer; inputs must be as they were.</summary>
    public IEnumerable<string> Mismatches(LaunchMemory memory)
    {
        int number = 0;
        foreach (KernelBuffer buffer in memory.Buffers)
        {
            if (ValueComparison.FirstDifference(buffer.Expectation, buffer.Read(memory), Tolerance) is string difference)
                yield return $"{Name}, buffer {number}: {difference}";
            number++;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
