using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Where there are no matrix units, the kernels for them mean the same.</summary>
[Parallelizable(ParallelScope.Children)]
public class MatrixMeaningTests
{
    // Every launch leaves the bits of the method, which is compared with the definition too.
    // The interpreters take a minute for each precision, and share them.
    [TestCase("ir", Precision.Bf16)]
    [TestCase("ptx", Precision.Tf32)]
    [TestCase("cpu:512", Precision.Bf16)]
    [TestCase("cpu:512", Precision.Tf32)]
    public void Without_matrix_units_the_kernels_mean_the_same(string name, Precision precision)
    {
        using Device device = name == "ptx" ? new PtxDevice { WithChecks = false } : TestDevices.Open(name);
        device.Precision = precision;
        OpResult result = GradientCheck.Run(typeof(GemmCase), [5, 7, 19, 1, 0, 0], device, Rounding.To(precision));
        Assert.That(result.Passed, $"{result.MaxRelativeError:E2}: {result.Where}");
    }
}
