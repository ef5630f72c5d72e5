using System.Reflection;
using Dalle2.Gpu;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Gpu.Runtime.Planning;

namespace Dalle2.Cli;

/// <summary>What a kernel can be shown as.</summary>
static class KernelTargets
{
    /// <summary>Stands before the name of a card whose launches are planned.</summary>
    public const string Planned = "plan:";

    static readonly (string Name, Func<MethodInfo, string> Text)[] Targets =
    [
        ("csharp", KernelSource.Of),
        ("il", KernelText.Il),
        ("ir", KernelText.Ir),
        ("simd", kernel => KernelText.Simd(kernel)),
        ("opencl", kernel => KernelText.OpenCl(kernel)),
        ("ptx", kernel => (CardResources.Describe(kernel) is { } resources ? $"// {resources}\n" : "") + KernelText.Ptx(kernel)),
        .. ((int[])[60, 70, 80, 90, 100]).Select(sm =>
        ($"ptx:{sm}", (Func<MethodInfo, string>)(kernel => KernelText.Ptx(kernel, sm, alignedViews: true)))),
        ("ilgpu-ptx", KernelText.IlgpuPtx),
        ("ilgpu-opencl", KernelText.IlgpuOpenCl),
    ];

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Targets.Select(one => one.Name), .. CardLimits.All.Select(card => Planned + card.Name)];

    /// <summary>What shows kernels as a target.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="kernels">All kernels that will be shown.</param>
    public static Func<MethodInfo, string> Printer(string name, IReadOnlyList<MethodInfo> kernels) =>
        name.StartsWith(Planned, StringComparison.Ordinal) ? OpPlan.For(CardLimits.Of(name[Planned.Length..]), [.. kernels])
            : Targets.First(one => one.Name == name).Text;
}
