using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>The PTX of small kernels, as texts that a person has read. With D2_ACCEPT=1 the tests rewrite them.</summary>
public class GoldenPtxTests
{
    [TestCase(nameof(MicroKernels.Axpy))]
    [TestCase(nameof(MicroKernels.Chunk))]
    [TestCase(nameof(MicroKernels.Tile))]
    [TestCase(nameof(MicroKernels.Generic))]
    [TestCase(nameof(MicroKernels.Classify))]
    [TestCase(nameof(MicroKernels.Both))]
    [TestCase(nameof(MicroKernels.Reverse))]
    [TestCase(nameof(MicroKernels.Half))]
    [TestCase(nameof(MicroKernels.Scan))]
    [TestCase(nameof(MicroKernels.Records))]
    [TestCase(nameof(MicroKernels.Conversions))]
    public void Text_is_the_accepted_one(string kernel)
    {
        MethodInfo method = typeof(MicroKernels).GetMethod(kernel)!;
        string text = KernelText.Ptx(method.IsGenericMethod ? method.MakeGenericMethod(typeof(MicroKernels.Linear)) : method);
        string path = System.IO.Path.Combine(Folder(), "Golden", kernel + ".ptx");
        if (Environment.GetEnvironmentVariable("D2_ACCEPT") == "1")
            System.IO.File.WriteAllText(path, text);
        Assert.That(text, Is.EqualTo(System.IO.File.ReadAllText(path)));
    }

    static string Folder([CallerFilePath] string path = "") => System.IO.Path.GetDirectoryName(path)!;
}
