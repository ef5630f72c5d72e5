using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>The OpenCL C of small kernels, as texts that a person has read. With D2_ACCEPT=1 the tests rewrite them.</summary>
public class GoldenOpenClTests
{
    [TestCase(nameof(MicroKernels.Axpy), 1)]
    [TestCase(nameof(MicroKernels.Axpy), 16)]
    [TestCase(nameof(MicroKernels.Classify), 1)]
    [TestCase(nameof(MicroKernels.Classify), 16)]
    [TestCase(nameof(MicroKernels.Both), 1)]
    [TestCase(nameof(MicroKernels.Both), 16)]
    [TestCase(nameof(MicroKernels.Reverse), 1)]
    [TestCase(nameof(MicroKernels.Reverse), 16)]
    [TestCase(nameof(MicroKernels.Scan), 1)]
    [TestCase(nameof(MicroKernels.Scan), 16)]
    public void Text_is_the_accepted_one(string kernel, int lanes)
    {
        MethodInfo method = typeof(MicroKernels).GetMethod(kernel)!;
        string text = KernelText.OpenCl(method, lanes, groupSize: 8), path = Path.Combine(Folder(), "Golden", $"{kernel}.x{lanes}.cl");
        if (Environment.GetEnvironmentVariable("D2_ACCEPT") == "1")
            File.WriteAllText(path, text);
        Assert.That(text, Is.EqualTo(File.ReadAllText(path)));
    }

    [Test]
    public void Equal_functions_have_equal_texts()
    {
        MethodInfo method = typeof(MicroKernels).GetMethod(nameof(MicroKernels.Both))!;
        string first = KernelText.OpenCl(method, 16), second = KernelText.OpenCl(method, 16);
        Assert.That(second, Is.EqualTo(first));
    }

    [TestCase(1)]
    [TestCase(16)]
    public void No_text_lets_the_driver_contract_or_asks_for_doubles_that_the_kernel_does_not_have(int lanes)
    {
        string text = KernelText.OpenCl(typeof(MicroKernels).GetMethod(nameof(MicroKernels.Scan))!, lanes);
        Assert.That(text, Does.Contain("#pragma OPENCL FP_CONTRACT OFF").And.Not.Contain("fp64").And.Not.Contain("double"));
    }

    static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
