using Dalle2.IlgpuKernels;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>The kernel cases hold for ILGPU itself, so that they can be asked of other compilers: ILGPU's CPU accelerator writes what they expect, and ILGPU's own compiler takes every kernel.</summary>
public class IlgpuKernelTests
{
    static readonly IReadOnlyList<KernelCase> Cases = KernelCases.All;

    IlgpuRunner runner = null!;

    [OneTimeSetUp]
    public void OpenAccelerator() => runner = new IlgpuRunner();

    [OneTimeTearDown]
    public void CloseAccelerator() => runner.Dispose();

    [TestCaseSource(nameof(Cases))]
    public void Its_accelerator_writes_what_is_expected(KernelCase kernelCase) => Assert.That(runner.Run(kernelCase), Is.Empty);

    [TestCaseSource(nameof(Cases))]
    public void Its_compiler_takes_the_kernel(KernelCase kernelCase) => Assert.That(IlgpuRunner.CompilePtx(kernelCase), Does.Contain(".entry"));
}
