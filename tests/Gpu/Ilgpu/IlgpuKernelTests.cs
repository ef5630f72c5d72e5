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
    public void Its_compiler_takes_the_kernel(KernelCase kernelCase) =>
    Assert.That(IlgpuRunner.CompilePtx(kernelCase), Does.Contain(".entry"));

    [Test]
    public void A_kernel_that_writes_something_else_is_reported()
    {
        KernelCase add = Cases.Single(kernelCase => kernelCase.Name == "Vector.FillIndex");
        KernelCase wrong = add with { Arguments = [add.Arguments[0], 8] };
        Assert.That(runner.Run(wrong), Is.EqualTo(new[] { "Vector.FillIndex, buffer 0: element 0 is 8 instead of 7" }));
    }

    [TestCase(1.0f, 1.0f, 0, true)]
    [TestCase(0.0f, -0.0f, 0, false)]
    [TestCase(float.NaN, float.NaN, 0, true)]
    [TestCase(float.NaN, 1.0f, 1e-3, false)]
    [TestCase(1000.0f, 1000.5f, 1e-3, true)]
    [TestCase(1000.0f, 1002.0f, 1e-3, false)]
    [TestCase(1.0f, float.PositiveInfinity, 1e-3, false)]
    [TestCase(float.PositiveInfinity, 1.0f, 1e-3, false)]
    public void Numbers_agree_to_the_bit_or_within_the_tolerance(float expected, float actual, double tolerance, bool agree) =>
        Assert.That(ValueComparison.FirstDifference(new[] { expected }, new[] { actual }, tolerance),
        agree ? Is.Null : Does.StartWith("element 0"));
}
