using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime;

/// <summary>One launch: the kernel, its arguments without the index, and how many threads run it.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Arguments">Views and scalars, in the order of the kernel's parameters.</param>
/// <param name="Extent">Of an implicitly grouped kernel, the threads along each axis.</param>
/// <param name="Config">Of an explicitly grouped kernel, its groups; else null.</param>
sealed record Launch(CompiledKernel Kernel, object[] Arguments, Index3D Extent, KernelConfig? Config)
{
    /// <summary>How many threads, in words.</summary>
    public string Shape => Config is { } c
        ? $"{c.GridDim.X}x{c.GridDim.Y}x{c.GridDim.Z} groups of {c.GroupDim.X}x{c.GroupDim.Y}x{c.GroupDim.Z} threads"
        : $"{Extent.X}x{Extent.Y}x{Extent.Z} threads";
}
