using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;

namespace Dalle2.Gpu;

/// <summary>What a kernel is compiled for.</summary>
/// <param name="Group">Of an explicitly grouped kernel, its group, whose extents become constants; null to leave them open.</param>
/// <param name="Checking">What becomes of its checks.</param>
/// <param name="HasMatrixUnits">Whether the target has matrix units.</param>
/// <param name="Unrolls">Whether loops may be written out.</param>
sealed record CompileOptions(
    GroupExtent? Group = null, CheckMode Checking = CheckMode.Drop, bool HasMatrixUnits = false, bool Unrolls = true)
{
    /// <summary>No group, no checks, no matrix units.</summary>
    public static CompileOptions Default { get; } = new();

    /// <summary>Whether failed checks are reported.</summary>
    public bool IsChecked => Checking == CheckMode.Require;
}
